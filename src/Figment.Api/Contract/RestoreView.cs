namespace Figment.Api.Contract;

/// <summary>What a restore took.</summary>
public sealed record RestoreView
{
    /// <summary>The snapshot's id.</summary>
    public required string Snapshot { get; init; }

    /// <summary>Until all of it was read and checked.</summary>
    public required long UnpackMs { get; init; }

    /// <summary>From then until the machine ran.</summary>
    public required long StartMs { get; init; }

    /// <summary>Its files, unpacked.</summary>
    public long? SizeBytes { get; init; }
}
