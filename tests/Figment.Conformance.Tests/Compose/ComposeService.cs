namespace Figment.Conformance.Tests.Compose;

/// <summary>What the native stage needs of one service.</summary>
internal sealed record ComposeService
{
    public required string Name { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    public string? User { get; init; }

    public string? WorkingDirectory { get; init; }

    public string? Hostname { get; init; }

    public int Replicas { get; init; } = 1;

    /// <summary><c>6379</c> or <c>11211/udp</c>.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];

    public IReadOnlyList<ComposeMount> Mounts { get; init; } = [];
}
