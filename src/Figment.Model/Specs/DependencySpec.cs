namespace Figment.Model.Specs;

public sealed record DependencySpec
{
    public required string Service { get; init; }

    public DependencyCondition Condition { get; init; }

    /// <summary>Restart this service when the other was restarted by the user.</summary>
    public bool Restart { get; init; }

    /// <summary>False: only a warning if the other is absent or fails.</summary>
    public bool Required { get; init; } = true;
}
