using System.Text.Json.Serialization;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Model.Control;

/// <summary>
/// One line between keeper and box, over the socket pair that the keeper gave the box, or over <c>box.sock</c> after a new keeper connected to it.
/// A line that carries descriptors (SCM_RIGHTS) starts with <c>+N </c>, their number.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Launch), "launch")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Report), "report")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(StartFailed), "start-failed")]
[JsonDerivedType(typeof(NotRestored), "not-restored")]
[JsonDerivedType(typeof(Listening), "listening")]
[JsonDerivedType(typeof(PlaceholderClosed), "placeholder-closed")]
[JsonDerivedType(typeof(Wanted), "wanted")]
[JsonDerivedType(typeof(Granted), "granted")]
[JsonDerivedType(typeof(NewPlaceholder), "placeholder")]
[JsonDerivedType(typeof(HealthChanged), "health")]
[JsonDerivedType(typeof(Exited), "exited")]
[JsonDerivedType(typeof(StopProgram), "stop")]
[JsonDerivedType(typeof(SignalProgram), "kill")]
[JsonDerivedType(typeof(IdlePolicy), "idle")]
[JsonDerivedType(typeof(Quiet), "quiet")]
[JsonDerivedType(typeof(Active), "active")]
[JsonDerivedType(typeof(Load), "load")]
[JsonDerivedType(typeof(Freeze), "freeze")]
[JsonDerivedType(typeof(Frozen), "frozen")]
[JsonDerivedType(typeof(Busy), "busy")]
[JsonDerivedType(typeof(Reclaimed), "reclaimed")]
[JsonDerivedType(typeof(Thaw), "thaw")]
[JsonDerivedType(typeof(Thawed), "thawed")]
[JsonDerivedType(typeof(Checkpoint), "checkpoint")]
[JsonDerivedType(typeof(CheckpointFailed), "checkpoint-failed")]
[JsonDerivedType(typeof(Checkpointed), "checkpointed")]
[JsonDerivedType(typeof(KeptSockets), "kept-sockets")]
[JsonDerivedType(typeof(MemoryMissing), "memory-missing")]
[JsonDerivedType(typeof(MemoryComplete), "memory-complete")]
[JsonDerivedType(typeof(Departed), "departed")]
[JsonDerivedType(typeof(Held), "held")]
[JsonDerivedType(typeof(Release), "release")]
[JsonDerivedType(typeof(Goes), "goes")]
public abstract record BoxMessage
{
    private protected BoxMessage()
    {
    }

    /// <summary>
    /// Keeper to box, the first line on the socket pair, which is the box's standard input. Its descriptors, in order: the machine's network namespace, the page with the generation number (read-only),
    /// a parcel with one for each of <see cref="Placeholders"/>.
    /// </summary>
    public sealed record Launch : BoxMessage
    {
        public const string UsedSuffix = ".used";

        public required string Application { get; init; }

        public required long Epoch { get; init; }

        public required MachineLaunch Machine { get; init; }

        /// <summary>The machine's runtime folder (sockets, <c>/etc</c> files).</summary>
        public required string RuntimeDirectory { get; init; }

        /// <summary>The machine's state folder (log).</summary>
        public required string StateDirectory { get; init; }

        /// <summary>Relative path of the machine's cgroup below each hierarchy, <c>figment/TAG/MACHINE</c>.</summary>
        public required string Cgroup { get; init; }

        /// <summary>CIDRs of the application's networks: only a <c>connect</c> into them is of interest.</summary>
        public IReadOnlyList<string> Networks { get; init; } = [];

        /// <summary>Addresses in these networks that are no machine's (gateways): a <c>connect</c> there goes on at once.</summary>
        public IReadOnlyList<string> Gateways { get; init; } = [];

        public IReadOnlyList<KnownPort> Placeholders { get; init; } = [];

        /// <summary>The keeper's monotonic clock (nanoseconds) when it began to start the box.</summary>
        public long BegunAt { get; init; }

        /// <summary>Folder of a snapshot of this machine: it goes on from there. Null: its program is started.</summary>
        public string? RestoreFrom { get; init; }

        /// <summary>Before anything of the machine runs the snapshot's folder is renamed (<see cref="UsedSuffix"/>): whoever finds it under its own name knows that the machine has not gone on from it.</summary>
        public bool UsesSnapshotUp { get; init; }

        /// <summary>The machine's connections were kept, and so many follow in <see cref="KeptSockets"/>: its others are reset. Null: all are put back as the snapshot has them.</summary>
        public int? KeptConnections { get; init; }

        /// <summary>
        /// The snapshot is of any machine of the kind: names, addresses and what it wrote become this one's. Unless it is used up (<see cref="UsesSnapshotUp"/>) the snapshot stays as it is, others begin from it at
        /// the same time, and the program is started if it is of no use.
        /// </summary>
        public bool IsClone { get; init; }

        /// <summary>The snapshot is of a machine that comes from another node: with all its connections, and clocks of its own. The box says <see cref="Held"/> when all is as it was, and waits for <see cref="Release"/>.</summary>
        public bool Arrives { get; init; }
    }

    /// <summary>Keeper to box, first line over <c>box.sock</c>: this connection is the keeper's from now on. The box answers <see cref="Report"/>.</summary>
    public sealed record Hello : BoxMessage
    {
        public required long Epoch { get; init; }
    }

    /// <summary>Box to keeper: all that a keeper which did not start it must know.</summary>
    public sealed record Report : BoxMessage
    {
        public required string Machine { get; init; }

        public required int BoxPid { get; init; }

        public int? Pid { get; init; }

        public required string Revision { get; init; }

        public required bool HasListened { get; init; }

        public HealthState Health { get; init; }

        public bool IsFrozen { get; init; }

        /// <summary>It began from a snapshot of its kind.</summary>
        public bool IsClone { get; init; }

        public required DateTimeOffset StartedAt { get; init; }

        public IReadOnlyList<KnownPort> Ports { get; init; } = [];

        public IReadOnlyDictionary<string, string> Cgroups { get; init; } = new Dictionary<string, string>();
    }

    /// <summary>Box to keeper: the program was executed.</summary>
    public sealed record Started : BoxMessage
    {
        public required int Pid { get; init; }

        public IReadOnlyDictionary<string, string> Cgroups { get; init; } = new Dictionary<string, string>();

        /// <summary>What was done when, in microseconds since the keeper began.</summary>
        public IReadOnlyList<KeyValuePair<string, long>> Steps { get; init; } = [];
    }

    /// <summary>Box to keeper: a machine that arrives is as it was, and nothing of it has run yet.</summary>
    public sealed record Held : BoxMessage;

    /// <summary>Keeper to box, of a machine that is <see cref="Held"/>: it runs, or is dropped. A keeper that is gone means that it is dropped; what is on storage stays.</summary>
    public sealed record Release : BoxMessage
    {
        public required bool Runs { get; init; }
    }

    /// <summary>
    /// Box to keeper: a machine that was <see cref="Held"/> runs, and is not brought back from what is on storage again. Packets may reach it from now on, not before: what the kernel acknowledges
    /// for a machine that is then brought back once more is lost.
    /// </summary>
    public sealed record Goes : BoxMessage;

    /// <summary>Box to keeper: the machine could not begin from the snapshot of its kind (<see cref="Launch.IsClone"/>), and nothing of it has run. Its program is being started instead, for the same clients.</summary>
    public sealed record NotRestored : BoxMessage
    {
        public required string Reason { get; init; }
    }

    /// <summary>Box to keeper: the program could not be executed; the box ends.</summary>
    public sealed record StartFailed : BoxMessage
    {
        /// <summary>126 not executable, 127 not found, 125 anything else.</summary>
        public required int ExitCode { get; init; }

        public required string Error { get; init; }

        /// <summary>Of a machine that arrives memory was still to come, and is nowhere any more: nothing can bring it back.</summary>
        public bool IsLost { get; init; }
    }

    /// <summary>Box to keeper: the program listens on (TCP) or has bound (UDP) a port, <see cref="Loopback"/> if only for itself.</summary>
    public sealed record Listening : BoxMessage
    {
        public required int Port { get; init; }

        public required TransportProtocol Protocol { get; init; }

        public required ListenFamily Family { get; init; }

        public required bool Loopback { get; init; }

        /// <summary>It took a placeholder.</summary>
        public required bool Placeholder { get; init; }
    }

    /// <summary>Box to keeper: nobody took this placeholder within the settle time; its clients were reset.</summary>
    public sealed record PlaceholderClosed : BoxMessage
    {
        public required int Port { get; init; }

        public required TransportProtocol Protocol { get; init; }
    }

    /// <summary>Box to keeper: a program of this machine is about to connect there and the call waits for <see cref="Granted"/> with the same id.</summary>
    public sealed record Wanted : BoxMessage
    {
        public required long Id { get; init; }

        public required string Address { get; init; }

        public required int Port { get; init; }

        public required TransportProtocol Protocol { get; init; }
    }

    /// <summary>Keeper to box: whatever had to be made has been made, or need not be; the call may go on.</summary>
    public sealed record Granted : BoxMessage
    {
        public required long Id { get; init; }
    }

    /// <summary>Keeper to box, with a parcel of one descriptor: a placeholder made while this machine starts.</summary>
    public sealed record NewPlaceholder : BoxMessage
    {
        public required int Port { get; init; }

        public required TransportProtocol Protocol { get; init; }

        public required ListenFamily Family { get; init; }
    }

    /// <summary>Box to keeper: the health check's verdict changed.</summary>
    public sealed record HealthChanged : BoxMessage
    {
        public required HealthState State { get; init; }

        /// <summary>Output of the last check.</summary>
        public string? Output { get; init; }
    }

    /// <summary>Box to keeper, last line: the program ended and everything it left is gone.</summary>
    public sealed record Exited : BoxMessage
    {
        /// <summary>0 to 255; 128 + n after signal n.</summary>
        public required int ExitCode { get; init; }

        public int? Signal { get; init; }

        public bool OutOfMemory { get; init; }

        /// <summary>Processor time of all the machine's processes; its control group is gone by the time that this is read. Null: this system does not count.</summary>
        public long? ProcessorUs { get; init; }

        public IReadOnlyList<string> LastLines { get; init; } = [];
    }

    /// <summary>Keeper to box: pre-stop hooks, the signal, after the grace time SIGKILL to all.</summary>
    public sealed record StopProgram : BoxMessage
    {
        public int? Signal { get; init; }

        public long? GraceMs { get; init; }
    }

    /// <summary>Keeper to box: this signal to the program, nothing else.</summary>
    public sealed record SignalProgram : BoxMessage
    {
        public required int Signal { get; init; }
    }

    /// <summary>Keeper to box: the machine's policy from now on.</summary>
    public sealed record IdlePolicy : BoxMessage
    {
        public required IdleSpec Idle { get; init; }
    }

    /// <summary>Box to keeper: the machine has been quiet for as long as <see cref="IdleSpec"/> says.</summary>
    public sealed record Quiet : BoxMessage
    {
        /// <summary>For how long so far.</summary>
        public required long ForMs { get; init; }

        /// <summary>Used meanwhile.</summary>
        public required long ProcessorUs { get; init; }

        /// <summary>Carried by its connections meanwhile.</summary>
        public required long NetworkBytes { get; init; }

        /// <summary>Addresses that it has connections with.</summary>
        public IReadOnlyList<string> Peers { get; init; } = [];
    }

    /// <summary>Box to keeper: the machine, which was <see cref="Quiet"/>, is so no more.</summary>
    public sealed record Active : BoxMessage;

    /// <summary>Box to keeper, of a machine of an elastic service: it has so much to do now.</summary>
    public sealed record Load : BoxMessage
    {
        /// <summary>With others, to ports that it serves, accepted or not.</summary>
        public required int Connections { get; init; }

        /// <summary>Of these, those that wait to be accepted.</summary>
        public required int Queued { get; init; }

        /// <summary>Of the processors that it may use.</summary>
        public required int ProcessorPercent { get; init; }

        /// <summary>Of its memory limit; 0 without one.</summary>
        public required int MemoryPercent { get; init; }
    }

    /// <summary>Keeper to box: stop all of the machine's programs where they are, if every thread waits. Answered by <see cref="Frozen"/> or <see cref="Busy"/>.</summary>
    public sealed record Freeze : BoxMessage
    {
        /// <summary>A wait that was given less than this is a tick of a program that looks around: its end thaws nothing.</summary>
        public required long TickMs { get; init; }

        /// <summary>Not if a wait ends sooner than this, ticks left aside: it would be undone at once.</summary>
        public long AtLeastMs { get; init; }

        /// <summary>The machine's memory is given back once it has been frozen for so long; 0: never.</summary>
        public long ReclaimAfterMs { get; init; }
    }

    /// <summary>Box to keeper: the machine stands still. The box watches what it waits for.</summary>
    public sealed record Frozen : BoxMessage
    {
        public required int Threads { get; init; }

        /// <summary>When the first wait ends, ticks left aside, in milliseconds from now; null: never.</summary>
        public long? EndsInMs { get; init; }
    }

    /// <summary>Box to keeper: the machine was not frozen, or (unasked) would not be: it is never quiet.</summary>
    public sealed record Busy : BoxMessage
    {
        public required string Reason { get; init; }

        /// <summary>When what is in the way has passed, in milliseconds from now: the end of a wait, or at once; null: that cannot be told.</summary>
        public long? EndsInMs { get; init; }
    }

    /// <summary>Box to keeper: what could be had of the frozen machine's memory was given back.</summary>
    public sealed record Reclaimed : BoxMessage
    {
        /// <summary>That the machine was charged with.</summary>
        public required long BytesBefore { get; init; }

        public required long BytesAfter { get; init; }
    }

    /// <summary>Keeper to box: go on.</summary>
    public sealed record Thaw : BoxMessage
    {
        public required string Why { get; init; }

        /// <summary>A machine that beats with it could not be frozen: nothing has come.</summary>
        public bool IsUndo { get; init; }
    }

    /// <summary>Box to keeper: the machine goes on.</summary>
    public sealed record Thawed : BoxMessage
    {
        public required ThawCause Cause { get; init; }

        public string? Detail { get; init; }

        /// <summary>Who sent what came, where that can be told.</summary>
        public string? FromAddress { get; init; }

        /// <summary>Of the machine, where it came.</summary>
        public int? Port { get; init; }

        public TransportProtocol? Protocol { get; init; }
    }

    /// <summary>Keeper to box: put the machine onto storage. Answered by <see cref="Checkpointed"/> or <see cref="CheckpointFailed"/>.</summary>
    public sealed record Checkpoint : BoxMessage
    {
        /// <summary>In the snapshot's folder, what the machine wrote to its root.</summary>
        public const string WrittenFolder = "written";

        /// <summary>Where the snapshot will be: a folder that is not there yet. It appears when it is complete.</summary>
        public required string Folder { get; init; }

        /// <summary>The machine goes on afterwards.</summary>
        public bool LeaveRunning { get; init; }

        /// <summary>Not if it is not frozen (any more).</summary>
        public bool IfFrozen { get; init; }

        /// <summary>What becomes of its connections, unless it goes on.</summary>
        public CheckpointConnections Connections { get; init; }

        /// <summary>Also what the machine wrote to its root, which may be another by the time at which the snapshot is used.</summary>
        public bool WithFiles { get; init; }

        /// <summary>Other machines begin from it: memory that a program wants empty in whatever is copied from it (MADV_WIPEONFORK) is left out.</summary>
        public bool ForClones { get; init; }
    }

    /// <summary>Box to keeper: there is no snapshot, and the machine goes on as before.</summary>
    public sealed record CheckpointFailed : BoxMessage
    {
        public required string Folder { get; init; }

        public required string Reason { get; init; }
    }

    /// <summary>
    /// Box to keeper: the snapshot is complete. Unless it was to be left running the machine has ended and this is the last line, with one descriptor for each of <see cref="Listeners"/>:
    /// what came to them meanwhile waits there.
    /// </summary>
    public sealed record Checkpointed : BoxMessage
    {
        public required string Folder { get; init; }

        /// <summary>The machine goes on: it was to be left running.</summary>
        public bool GoesOn { get; init; }

        /// <summary>Ports that the machine served, by the sockets that it served them with.</summary>
        public IReadOnlyList<KnownPort> Listeners { get; init; } = [];

        /// <summary>For how long the machine stood still until the snapshot was complete.</summary>
        public required long PauseMs { get; init; }

        /// <summary>For how long all of it went on.</summary>
        public long TookMs { get; init; }

        /// <summary>Of its images: memory, and what else CRIU wrote.</summary>
        public long Bytes { get; init; }

        /// <summary>As <see cref="Exited.ProcessorUs"/>, of a machine that has ended.</summary>
        public long? ProcessorUs { get; init; }
    }

    /// <summary>
    /// Either way, with one descriptor for each: connections that a machine has while it is on storage. From the box before <see cref="Checkpointed"/>, to the box after <see cref="Launch"/>.
    /// </summary>
    public sealed record KeptSockets : BoxMessage
    {
        public required IReadOnlyList<KeptConnection> Connections { get; init; }
    }

    /// <summary>
    /// Box to keeper, with one descriptor, a userfaultfd: a process lacks memory. The keeper holds it until <see cref="MemoryComplete"/> with the same number or until the machine's last process has ended: when
    /// nobody holds it the kernel gives zeros for what is missing, and of a box that is killed it closes all before it ends the machine.
    /// </summary>
    public sealed record MemoryMissing : BoxMessage
    {
        public required long Number { get; init; }
    }

    /// <summary>Box to keeper: see <see cref="MemoryMissing"/>.</summary>
    public sealed record MemoryComplete : BoxMessage
    {
        public required long Number { get; init; }
    }

    /// <summary>Box to keeper, last line: the machine is another node's.</summary>
    public sealed record Departed : BoxMessage
    {
        /// <summary>As <see cref="Exited.ProcessorUs"/>.</summary>
        public long? ProcessorUs { get; init; }
    }
}
