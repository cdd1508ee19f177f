namespace Figment.Model.Specs;

/// <summary>A config or secret as one service sees it.</summary>
public sealed record FileMountSpec
{
    /// <summary>Name of the <see cref="FileSpec"/>.</summary>
    public required string Source { get; init; }

    /// <summary>Absolute path in the machine.</summary>
    public required string Target { get; init; }

    public string? Uid { get; init; }

    public string? Gid { get; init; }

    /// <summary>Mode bits; null: 0444.</summary>
    public int? Mode { get; init; }
}
