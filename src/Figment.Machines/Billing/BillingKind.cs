namespace Figment.Machines.Billing;

/// <summary>What a price list counts.</summary>
public enum BillingKind
{
    /// <summary>All of the time, at the price of the smallest size that the machine fits into.</summary>
    Always,

    /// <summary>While its program runs, by the processors and the memory that are set aside for it.</summary>
    Active,

    /// <summary>While its program runs, at the price of the smallest size that it fits into.</summary>
    Started,

    /// <summary>The processor time that it used, and the memory that it had for as long as it had it.</summary>
    Used,
}
