using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Model.Control;

public sealed record MachineStatus
{
    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    public HealthState Health { get; init; }

    /// <summary>The node that it is at, if that is another.</summary>
    public string? Node { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>Process id of the program on the node; null when there is none.</summary>
    public int? Pid { get; init; }

    public int? BoxPid { get; init; }

    public IReadOnlyList<KnownPort> Ports { get; init; } = [];

    /// <summary>Starts by policy since the last one by a signal or user.</summary>
    public int Restarts { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>What brought it into its state.</summary>
    public Signal? Cause { get; init; }

    /// <summary>What is not as asked, in words: a port that could not be held.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Why it runs although nobody needs it: what was in the way when it was to be frozen; null: nothing.</summary>
    public string? NotIdle { get; init; }

    /// <summary>Why it is frozen still: what was in the way when it was to be put on storage; null: nothing.</summary>
    public string? NotStored { get; init; }

    /// <summary>It began from a snapshot of its kind.</summary>
    public bool FromSnapshot { get; init; }

    /// <summary>Of a machine that is to begin from a snapshot: why there is none; null: there is, or it was not time yet.</summary>
    public string? NoSnapshot { get; init; }

    /// <summary>What it has used since it came into its state; null without a program.</summary>
    public MachineUsage? Spent { get; init; }

    /// <summary>cgroup folders by controller, for <c>top</c>; the v2 folder under the key <c>unified</c>.</summary>
    public IReadOnlyDictionary<string, string> Cgroups { get; init; } = new Dictionary<string, string>();
}
