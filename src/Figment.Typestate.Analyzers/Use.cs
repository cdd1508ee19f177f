namespace Figment.Typestate.Analyzers;

/// <summary>What is done with the value of an expression.</summary>
internal enum Use
{
    /// <summary>Nothing: it is a statement.</summary>
    None,

    /// <summary>It is looked at and stays with its owner.</summary>
    Borrow,

    /// <summary>It moves away from here.</summary>
    Consume,
}
