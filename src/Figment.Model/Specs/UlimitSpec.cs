namespace Figment.Model.Specs;

/// <summary>-1 is unlimited.</summary>
public sealed record UlimitSpec
{
    /// <summary>Name as <c>nofile</c>, <c>nproc</c>, <c>core</c>...</summary>
    public required string Name { get; init; }

    public required long Soft { get; init; }

    public required long Hard { get; init; }
}
