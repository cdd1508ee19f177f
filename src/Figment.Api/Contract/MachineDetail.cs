using Figment.Model.Launch;

namespace Figment.Api.Contract;

/// <summary>What <c>inspect</c> shows.</summary>
public sealed record MachineDetail
{
    public required MachineView Machine { get; init; }

    /// <summary>What keeper and box work from. Values of environment variables are as given; secrets are mounts and not in it.</summary>
    public required MachineLaunch Launch { get; init; }

    public int? BoxPid { get; init; }

    public required string LogFile { get; init; }

    public required long Epoch { get; init; }

    public IReadOnlyDictionary<string, string> Cgroups { get; init; } = new Dictionary<string, string>();
}
