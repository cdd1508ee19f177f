namespace Figment.Compose;

/// <summary>What happens to attributes that Compose knows and Figment does not act on (Compose Specification, "status").</summary>
public enum CompatibilityMode
{
    /// <summary>Warn and go on without them.</summary>
    Warn,

    /// <summary>They are errors.</summary>
    Strict,

    /// <summary>Say nothing; unknown keys are ignored too.</summary>
    Loose,
}
