using Figment.Api.Contract;

namespace Figment.Cli.Output;

/// <summary><c>figment daemon status --json</c>.</summary>
internal sealed record DaemonRow
{
    public required bool Running { get; init; }

    public required string Socket { get; init; }

    /// <summary>Why it cannot be reached.</summary>
    public string? Problem { get; init; }

    public VersionView? Version { get; init; }
}
