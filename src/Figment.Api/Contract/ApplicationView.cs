using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Api.Contract;

public sealed record ApplicationView
{
    public required ApplicationSummary Summary { get; init; }

    /// <summary>As given; contents of secrets are null and inline configs stay.</summary>
    public required ApplicationSpec Spec { get; init; }

    public IReadOnlyList<NetworkLaunch> Networks { get; init; } = [];

    public IReadOnlyList<MachineView> Machines { get; init; } = [];

    public int? KeeperPid { get; init; }
}
