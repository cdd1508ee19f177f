namespace Figment.Api.Contract;

public sealed record VersionView
{
    public required string Version { get; init; }

    public required string Kernel { get; init; }

    /// <summary><c>v2</c>, <c>v1</c> or <c>hybrid</c>.</summary>
    public required string Cgroups { get; init; }

    public required int DaemonPid { get; init; }

    public required DateTimeOffset StartedAt { get; init; }
}
