namespace Figment.Api.Contract;

/// <summary>What one row of a bill is about.</summary>
public enum BillBy
{
    Machine,
    Service,
    State,
}
