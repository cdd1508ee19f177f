using Figment.Machines.Elasticity;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Inputs;

/// <summary>Something that happened, or that somebody asks for. Requests carry a number that comes back with the answer.</summary>
public abstract record MachineInput
{
    private protected MachineInput()
    {
    }

    /// <summary>The first input.</summary>
    /// <param name="Machines">The application's.</param>
    /// <param name="Remembered">What the ledger says last of each.</param>
    /// <param name="Adopted">Boxes that are still there.</param>
    /// <param name="Stored">Machines that are on storage; when each goes on by itself, in milliseconds from now; null: never.</param>
    public sealed record Begin(IReadOnlyList<MachineLaunch> Machines, IReadOnlyList<MachineEvent> Remembered, IReadOnlyList<Adoption> Adopted, IReadOnlyDictionary<string, long?> Stored) : MachineInput
    {
        private static readonly Dictionary<string, long?> s_none = [];

        /// <summary>Kinds of which there is a snapshot.</summary>
        public IReadOnlySet<string> Kinds { get; init; } = new HashSet<string>();

        /// <summary>Nothing is on storage.</summary>
        public Begin(IReadOnlyList<MachineLaunch> machines, IReadOnlyList<MachineEvent> remembered, IReadOnlyList<Adoption> adopted)
            : this(machines, remembered, adopted, s_none)
        {
        }
    }

    public sealed record SignalArrived(string Machine, Signal Signal) : MachineInput;

    public sealed record BoxStarted(string Machine, long Box) : MachineInput;

    /// <summary>The program could not be executed, or (<paramref name="BoxIsGone"/>) not even the box. <paramref name="IsStored"/>: it was to come back from storage and is still there.</summary>
    public sealed record StartFailed(string Machine, long Box, int ExitCode, string Error, bool BoxIsGone, bool IsStored = false) : MachineInput;

    /// <summary>It could not begin from the snapshot of its kind: its box starts its program.</summary>
    public sealed record NotBegun(string Machine, long Box, string Reason) : MachineInput;

    /// <param name="Machine">The machine.</param>
    /// <param name="Box">Its box.</param>
    /// <param name="Loopback">Nobody else can reach it: that is not yet serving.</param>
    public sealed record Listening(string Machine, long Box, bool Loopback) : MachineInput;

    public sealed record HealthChanged(string Machine, long Box, HealthState Health) : MachineInput;

    /// <summary>The machine has been quiet for as long as its policy says.</summary>
    public sealed record QuietSaid(string Machine, long Box, QuietReport Report) : MachineInput;

    /// <summary>It is quiet no more.</summary>
    public sealed record ActiveSaid(string Machine, long Box) : MachineInput;

    /// <param name="Machine">The machine, which stands still.</param>
    /// <param name="Box">Its box.</param>
    /// <param name="Threads">How many of its threads wait.</param>
    /// <param name="EndsInMs">When the first wait ends; null: never.</param>
    public sealed record FrozenSaid(string Machine, long Box, int Threads, long? EndsInMs) : MachineInput;

    /// <summary>It could not be frozen.</summary>
    public sealed record BusySaid(string Machine, long Box, string Reason) : MachineInput;

    /// <summary>It goes on.</summary>
    public sealed record ThawedSaid(string Machine, long Box, Signal Cause) : MachineInput;

    /// <summary>It is on storage.</summary>
    /// <param name="Machine">The machine.</param>
    /// <param name="Box">Its box, which ends.</param>
    /// <param name="PauseMs">How long that took.</param>
    public sealed record StoredSaid(string Machine, long Box, long PauseMs) : MachineInput;

    /// <summary>It could not be put on storage, and is as it was.</summary>
    public sealed record NotStoredSaid(string Machine, long Box, string Reason) : MachineInput;

    /// <summary>There is a snapshot of its kind.</summary>
    public sealed record SnapshotTaken(string Machine, long Box, long PauseMs) : MachineInput;

    /// <summary>There is none, and the machine is as it was.</summary>
    public sealed record SnapshotNotTaken(string Machine, long Box, string Reason) : MachineInput;

    /// <summary>A snapshot was made of it for a user, and it has ended with that.</summary>
    public sealed record CheckpointedSaid(string Machine, long Box) : MachineInput;

    /// <summary>The machine is another node's now, and has ended here.</summary>
    public sealed record DepartedSaid(string Machine, long Box) : MachineInput;

    /// <summary>A machine that arrives is as it was, and held.</summary>
    public sealed record HeldSaid(string Machine, long Box) : MachineInput;

    /// <summary>A machine of an elastic service has so much to do.</summary>
    public sealed record LoadSaid(string Machine, long Box, MachineLoad Load) : MachineInput;

    /// <summary>The program ended. The box may still be there.</summary>
    public sealed record ProgramExited(string Machine, long Box, int ExitCode, int? Signal, bool OutOfMemory, IReadOnlyList<string> LastLines) : MachineInput;

    /// <summary>The box's process ended. Without <see cref="ProgramExited"/> before: it was killed or crashed, and its program with it. <paramref name="IsStored"/>: the machine is on storage.</summary>
    public sealed record BoxGone(string Machine, long Box, bool IsStored = false) : MachineInput;

    /// <summary>What is known about its ports has changed.</summary>
    public sealed record PortsLearnt(string Machine, IReadOnlyList<KnownPort> Ports) : MachineInput;

    public sealed record TimerDue(string Machine, TimerKind Kind, long Token) : MachineInput;

    public sealed record StartAsked(long Request, string Machine, bool Wait) : MachineInput;

    /// <summary>A snapshot lies where the machine is when it is on storage, and it is to go on from there. Only if <see cref="Decisions.Lifecycle.RestoreComplaint"/> has none.</summary>
    public sealed record RestoreAsked(long Request, string Machine, string? CloneOf = null) : MachineInput;

    /// <summary>The launch says at which node the machine is; null: at this one.</summary>
    public sealed record Placed(string Machine, string? Node) : MachineInput;

    /// <summary>What came of a machine lies where it is when it is on storage. Only if <see cref="Decisions.Lifecycle.ArrivalComplaint"/> has none.</summary>
    public sealed record ArriveAsked(long Request, string Machine) : MachineInput;

    /// <summary>The machine is this node's: <see cref="Placed"/> has said so.</summary>
    public sealed record AdmitAsked(long Request, string Machine) : MachineInput;

    public sealed record DismissAsked(long Request, string Machine, bool Keep) : MachineInput;

    public sealed record StopAsked(long Request, string Machine, int? Signal, long? GraceMs, bool ToImaginary) : MachineInput;

    public sealed record RestartAsked(long Request, string Machine, long? GraceMs) : MachineInput;

    public sealed record KillAsked(long Request, string Machine, int Signal) : MachineInput;

    public sealed record RemoveAsked(long Request, string Machine, bool Force) : MachineInput;

    public sealed record UpdateAsked(long Request, IReadOnlyList<MachineLaunch> Machines, bool Revive) : MachineInput;

    public sealed record DownAsked(long Request, long? GraceMs) : MachineInput;
}
