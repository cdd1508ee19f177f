using Figment.Api.Contract;

namespace Figment.Cli.Output;

/// <summary><c>figment version --json</c>.</summary>
internal sealed record VersionRow
{
    public required string Client { get; init; }

    /// <summary>Null: no daemon answers.</summary>
    public VersionView? Daemon { get; init; }
}
