using Figment.Machines.Inputs;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.Actions;

/// <summary>One effect of a decision. Effects are carried out in the order given.</summary>
public abstract record MachineAction
{
    private protected MachineAction()
    {
    }

    /// <summary>A line of the ledger.</summary>
    public sealed record Record(string Machine, MachineState From, MachineState To, Signal Cause, int? ExitCode, IReadOnlyList<string> LastLines, bool FromSnapshot = false) : MachineAction;

    /// <summary>Makes those placeholders of the machine that are missing and closes those of ports it no longer has.</summary>
    public sealed record HoldPlaceholders(string Machine) : MachineAction;

    /// <summary>Closes the machine's placeholders: clients that wait are reset, later ones refused.</summary>
    public sealed record ClosePlaceholders(string Machine) : MachineAction;

    /// <summary>Starts a box and hands it the machine's placeholders. A machine that is on storage goes on from there, with its connections.</summary>
    /// <param name="Machine">The machine.</param>
    /// <param name="Box">Its box.</param>
    /// <param name="Arrives">It comes from another node: with the connections that it had there, and held until it is released.</param>
    /// <param name="IsClone">It begins from the snapshot of its kind.</param>
    public sealed record SpawnBox(string Machine, long Box, bool Arrives = false, bool IsClone = false) : MachineAction;

    public sealed record StopProgram(string Machine, long Box, int? Signal, long? GraceMs) : MachineAction;

    public sealed record SignalProgram(string Machine, long Box, int Signal) : MachineAction;

    /// <summary>Asks the box to freeze the machine; it answers whether it did.</summary>
    public sealed record FreezeBox(string Machine, long Box, long TickMs, long AtLeastMs, long ReclaimAfterMs) : MachineAction;

    public sealed record ThawBox(string Machine, long Box, string Why, bool IsUndo = false) : MachineAction;

    /// <summary>Asks the box to put the frozen machine on storage; it answers whether it did.</summary>
    public sealed record StoreBox(string Machine, long Box) : MachineAction;

    /// <summary>Asks the box for a snapshot of the machine's kind; it answers whether there is one. The machine goes on.</summary>
    public sealed record TakeSnapshot(string Machine, long Box) : MachineAction;

    /// <summary>The snapshot of this kind, if there is one, is of no use any more.</summary>
    public sealed record DropSnapshot(string Kind) : MachineAction;

    /// <summary>The box that holds the machine lets it run, or drops it.</summary>
    public sealed record ReleaseBox(string Machine, long Box, bool Runs) : MachineAction;

    /// <summary>The machine is another node's: what this one has of it goes, but for its name.</summary>
    public sealed record LeaveMachine(string Machine) : MachineAction;

    /// <summary>What is on storage of the machine is of no use any more.</summary>
    public sealed record DropStored(string Machine) : MachineAction;

    /// <summary>Tells the box the machine's new policy.</summary>
    public sealed record TellPolicy(string Machine, long Box, IdleSpec Idle) : MachineAction;

    /// <summary>A service's address leads to these machines from now on.</summary>
    public sealed record LeadTo(string Service, IReadOnlyList<string> Machines) : MachineAction;

    /// <summary>SIGKILL to the box; its program dies with it.</summary>
    public sealed record KillBox(string Machine, long Box) : MachineAction;

    public sealed record Schedule(string Machine, TimerKind Kind, long Token, long AtMs) : MachineAction;

    /// <summary>Forgets what the machine wrote.</summary>
    public sealed record CleanMachine(string Machine) : MachineAction;

    /// <summary>The machine is no longer part of the application; what it wrote goes with it.</summary>
    public sealed record ForgetMachine(string Machine, string OverlayDirectory) : MachineAction;

    /// <summary>The machine has taken its new launch record.</summary>
    public sealed record RenewMachine(string Machine) : MachineAction;

    /// <summary>Something worth a line in the log, not in the ledger.</summary>
    public sealed record Note(string Machine, string Text) : MachineAction;

    /// <summary>Answers a request; <paramref name="Error"/> is null on success.</summary>
    public sealed record Answer(long Request, string? Error) : MachineAction;

    /// <summary>No box is left: everything else goes too, then these requests are answered.</summary>
    public sealed record Finish(IReadOnlyList<long> Requests) : MachineAction;
}
