namespace Figment.Linux.Trees;

/// <summary>What becomes of an attribute in a copy.</summary>
public enum AttributeTreatment
{
    Kept,

    /// <summary>A copy is right without it.</summary>
    LeftOut,

    /// <summary>A copy would be wrong with it, and without it too.</summary>
    Refused,
}
