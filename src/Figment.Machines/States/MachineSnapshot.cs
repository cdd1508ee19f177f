using System.Collections.Immutable;
using Figment.Machines.Elasticity;
using Figment.Machines.Inputs;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.States;

/// <summary>All that decisions about one machine depend on. Times are milliseconds of a monotonic clock.</summary>
public sealed record MachineSnapshot
{
    public required MachineLaunch Launch { get; init; }

    public MachineState State { get; init; }

    /// <summary>Counts changes of state: a timer set in an earlier turn is void.</summary>
    public long Turn { get; init; }

    /// <summary>What brought it into its state.</summary>
    public Signal? Cause { get; init; }

    /// <summary>The box that exists for it, also while that is only clearing up after its program. There is never a second.</summary>
    public long? Box { get; init; }

    public HealthState Health { get; init; }

    /// <summary>Said by its box: it is quiet, and what it did meanwhile. Kept while it is frozen.</summary>
    public QuietReport? Quiet { get; init; }

    /// <summary>Its box was asked to freeze it and has not answered.</summary>
    public bool IsFreezing { get; init; }

    /// <summary>Why its box was asked to thaw it.</summary>
    public Signal? Thawing { get; init; }

    /// <summary>Why it could not be frozen when that was tried last.</summary>
    public string? Busy { get; init; }

    /// <summary>When the first of what it waits for ends by itself; null: never. Of a frozen or hibernated machine.</summary>
    public long? GoesOnAtMs { get; init; }

    /// <summary>Its box was asked to put it on storage and has not answered.</summary>
    public bool IsStoring { get; init; }

    /// <summary>It is on storage, or about to come back from there.</summary>
    public bool IsStored { get; init; }

    /// <summary>Its box was asked for a snapshot of its kind and has not answered.</summary>
    public bool IsTaken { get; init; }

    /// <summary>Its program goes on from a snapshot of its kind, or is about to.</summary>
    public bool IsClone { get; init; }

    /// <summary>A box puts back here what comes from another node, and then holds it: it is not this node's yet.</summary>
    public bool IsArriving { get; init; }

    /// <summary>Its box holds it before its first instruction.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Answered when its box holds it, or is gone.</summary>
    public ImmutableArray<long> Arrivals { get; init; } = [];

    /// <summary>Answered when it has no box.</summary>
    public ImmutableArray<long> Dismissals { get; init; } = [];

    /// <summary>Why it could not be put on storage when that was tried last.</summary>
    public string? NotStored { get; init; }

    /// <summary>How often in a row.</summary>
    public int NotStoredTimes { get; init; }

    /// <summary>Somebody waits for it to listen, so <see cref="MachineLaunch.StartTimeoutMs"/> counts.</summary>
    public bool Needed { get; init; }

    /// <summary>Of a machine of an elastic service: what it has to do, as it said last.</summary>
    public MachineLoad? Load { get; init; }

    /// <summary>Its service's address leads to it no more; what it has is let end.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Since when its service could do without it; null: it could not.</summary>
    public long? SpareSinceMs { get; init; }

    public long RunningAtMs { get; init; }

    /// <summary>Starts by policy since the last one by a signal or user.</summary>
    public int Restarts { get; init; }

    public int FastDeaths { get; init; }

    /// <summary>It does not start before.</summary>
    public long BackoffUntilMs { get; init; }

    /// <summary>Failed, and long enough ago that a signal may try again.</summary>
    public bool Cooled { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Its last run ended with code 0.</summary>
    public bool Succeeded { get; init; }

    /// <summary>A user sent it a signal that ends programs: its end is no death, and no policy applies.</summary>
    public bool KilledByUser { get; init; }

    /// <summary>Set from the decision to stop it until it has ended.</summary>
    public Leaving? Leaving { get; init; }

    /// <summary>The launch record it takes with <see cref="AfterStop.Renew"/>.</summary>
    public MachineLaunch? Next { get; init; }

    /// <summary>Services it depends on that failed while it waited and are not required.</summary>
    public ImmutableArray<string> Waived { get; init; } = [];

    public ImmutableArray<Waiter> Waiters { get; init; } = [];

    public string Name => Launch.Name;

    public bool ServesPorts => Launch.Ports.Count > 0;

    public bool IsEager => Launch.Start == StartMode.Eager;

    public bool RunsProgram => State is MachineState.Starting or MachineState.Running or MachineState.Frozen or MachineState.Stopping;

    /// <summary>It serves: a frozen or hibernated machine goes on when somebody comes.</summary>
    public bool Serves => State is MachineState.Running or MachineState.Frozen or MachineState.Hibernated;

    /// <summary>The keeper holds its ports: clients queue.</summary>
    public bool HoldsPlaceholders => State is MachineState.Imaginary or MachineState.Waiting or MachineState.Hibernated or MachineState.Completed || (State == MachineState.Failed && Cooled);

    /// <summary>A connection to a placeholder is a signal that starts it.</summary>
    public bool AwaitsSignal => HoldsPlaceholders && State != MachineState.Waiting;
}
