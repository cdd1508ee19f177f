namespace Figment.Model.Launch;

/// <summary>Another node of a <see cref="SpanLaunch"/>.</summary>
public sealed record PeerLaunch
{
    public required string Node { get; init; }

    /// <summary>IPv4.</summary>
    public required string Address { get; init; }
}
