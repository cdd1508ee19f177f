using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Api.Contract;

/// <summary>One line of <c>ps</c>.</summary>
public sealed record MachineView
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    public required string Service { get; init; }

    public string? Image { get; init; }

    public IReadOnlyList<string> Command { get; init; } = [];

    public required MachineState State { get; init; }

    public HealthState Health { get; init; }

    /// <summary>The node that it is at, if that is another.</summary>
    public string? Node { get; init; }

    public required DateTimeOffset Since { get; init; }

    public int? Pid { get; init; }

    public int? ExitCode { get; init; }

    public int Restarts { get; init; }

    /// <summary>Address in each network, <c>network</c> to <c>address</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Addresses { get; init; } = [];

    public IReadOnlyList<KnownPort> Ports { get; init; } = [];

    public IReadOnlyList<PublishedPort> Published { get; init; } = [];

    public Signal? Cause { get; init; }

    /// <summary>Why it runs although nobody needs it; null: somebody does, or it is about to be frozen.</summary>
    public string? NotIdle { get; init; }

    /// <summary>Why it could not be put on storage, though it has been frozen for long enough; it is tried again. Null: it was not tried, or nothing was in the way.</summary>
    public string? NotStored { get; init; }

    /// <summary>It began from a snapshot of its kind (<c>x-figment.from</c>).</summary>
    public bool FromSnapshot { get; init; }

    /// <summary>Of a machine that is to begin from a snapshot: why there is none; null: there is, or none of its kind has come to rest yet.</summary>
    public string? NoSnapshot { get; init; }

    /// <summary>Only in the answer to a restore: what that took.</summary>
    public RestoreView? Restore { get; init; }
}
