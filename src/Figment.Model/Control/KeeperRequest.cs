using System.Text.Json.Serialization;

namespace Figment.Model.Control;

/// <summary>One line to a keeper's socket (<c>keeper.sock</c>); each is answered by one <see cref="KeeperReply"/> line, <see cref="Watch"/> by many.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Status), "status")]
[JsonDerivedType(typeof(Update), "update")]
[JsonDerivedType(typeof(Start), "start")]
[JsonDerivedType(typeof(Stop), "stop")]
[JsonDerivedType(typeof(Restart), "restart")]
[JsonDerivedType(typeof(Kill), "kill")]
[JsonDerivedType(typeof(Remove), "remove")]
[JsonDerivedType(typeof(TakeSnapshot), "take-snapshot")]
[JsonDerivedType(typeof(Restore), "restore")]
[JsonDerivedType(typeof(Place), "place")]
[JsonDerivedType(typeof(Divert), "divert")]
[JsonDerivedType(typeof(Prepare), "prepare")]
[JsonDerivedType(typeof(Arrive), "arrive")]
[JsonDerivedType(typeof(Admit), "admit")]
[JsonDerivedType(typeof(Dismiss), "dismiss")]
[JsonDerivedType(typeof(Watch), "watch")]
[JsonDerivedType(typeof(Down), "down")]
public abstract record KeeperRequest
{
    private protected KeeperRequest()
    {
    }

    /// <summary>Asks for all machines.</summary>
    public sealed record Status : KeeperRequest;

    /// <summary><c>keeper.json</c> has changed: read it again and make it so. Machines that stay are left running unless their revision changed.</summary>
    public sealed record Update : KeeperRequest
    {
        /// <summary>A user brings the application up: what was stopped or has failed awaits signals again, and what starts at <c>up</c> is started.</summary>
        public bool Revive { get; init; }
    }

    /// <summary>Starts a machine, as a signal would, also from Stopped, Completed and Failed. Answers when it runs, or failed, unless <see cref="Wait"/> is false.</summary>
    public sealed record Start : KeeperRequest
    {
        public required string Machine { get; init; }

        public required bool Wait { get; init; }
    }

    /// <summary>Stops a machine and answers when it is stopped. It stays stopped unless <see cref="ToImaginary"/>.</summary>
    public sealed record Stop : KeeperRequest
    {
        public required string Machine { get; init; }

        /// <summary>Null: the machine's own.</summary>
        public int? Signal { get; init; }

        public long? GraceMs { get; init; }

        public bool ToImaginary { get; init; }
    }

    public sealed record Restart : KeeperRequest
    {
        public required string Machine { get; init; }

        public long? GraceMs { get; init; }
    }

    /// <summary>Sends a signal to the machine's program.</summary>
    public sealed record Kill : KeeperRequest
    {
        public required string Machine { get; init; }

        public required int Signal { get; init; }
    }

    /// <summary>Forgets what a stopped, completed, failed or imaginary machine wrote (its overlay); it is imaginary afterwards.</summary>
    public sealed record Remove : KeeperRequest
    {
        public required string Machine { get; init; }

        /// <summary>Kill it first if it runs.</summary>
        public bool Force { get; init; }
    }

    /// <summary>Makes a snapshot of a machine that runs or is frozen; answers when it is complete, or there is none.</summary>
    public sealed record TakeSnapshot : KeeperRequest
    {
        public required string Machine { get; init; }

        /// <summary>A folder that is not there yet. It appears when the snapshot is complete.</summary>
        public required string Folder { get; init; }

        /// <summary>The machine goes on. False: it is stopped, as of the snapshot.</summary>
        public bool LeaveRunning { get; init; }

        /// <summary>Another machine begins from it, which goes on as well.</summary>
        public bool ForClone { get; init; }
    }

    /// <summary>A machine that has no program goes on from a snapshot. Answers when it runs, or failed.</summary>
    public sealed record Restore : KeeperRequest
    {
        public required string Machine { get; init; }

        /// <summary>The snapshot's, in the file system of the application's state. The keeper takes it.</summary>
        public required string Folder { get; init; }

        /// <summary>The machine of which the snapshot is: it becomes this one's. Null: it is this one's.</summary>
        public string? CloneOf { get; init; }
    }

    /// <summary><c>keeper.json</c> says anew at which node the machine is, and nothing else: packets for it go there from now on. May be repeated, as the following may.</summary>
    public sealed record Place : KeeperRequest
    {
        public required string Machine { get; init; }
    }

    /// <summary>Packets for a machine that is about to stand still go to that node from now on, and what it sends gets out; <see cref="Place"/> is said when it stands. The next keeper knows nothing of it.</summary>
    public sealed record Divert : KeeperRequest
    {
        public required string Machine { get; init; }

        public required string Node { get; init; }

        /// <summary>Only new TCP connections.</summary>
        public bool OnlyNew { get; init; }
    }

    /// <summary>A machine that is at another node gets its network namespace here, which nobody reaches yet.</summary>
    public sealed record Prepare : KeeperRequest
    {
        public required string Machine { get; init; }

        /// <summary>New TCP connections to it wait here from now on.</summary>
        public bool OpensNew { get; init; }

        /// <summary>All packets for it wait here from now on.</summary>
        public bool Opens { get; init; }
    }

    /// <summary>
    /// A machine that is at another node is put back from there, and held before its first instruction; packets for it wait here from now on. Answers when it is held, or could not be put back.
    /// What is on storage stays until <see cref="Admit"/> or <see cref="Dismiss"/>.
    /// </summary>
    public sealed record Arrive : KeeperRequest
    {
        public required string Machine { get; init; }

        /// <summary>The snapshot's, in the file system of the application's state. The keeper takes it. Null: it has it.</summary>
        public string? Folder { get; init; }
    }

    /// <summary>The machine is this node's, and <c>keeper.json</c> says so: it runs, or is brought back from what is on storage. Answers when it runs, or failed.</summary>
    public sealed record Admit : KeeperRequest
    {
        public required string Machine { get; init; }
    }

    /// <summary>The machine does not come, or not yet. Answers when it has no box here.</summary>
    public sealed record Dismiss : KeeperRequest
    {
        public required string Machine { get; init; }

        /// <summary>What is on storage of it stays: it may still be admitted.</summary>
        public bool Keep { get; init; }
    }

    /// <summary>From now on a line for every <see cref="Figment.Model.Signals.MachineEvent"/>, until the connection closes.</summary>
    public sealed record Watch : KeeperRequest;

    /// <summary>Stops everything, removes all that was made, answers and exits.</summary>
    public sealed record Down : KeeperRequest
    {
        public long? GraceMs { get; init; }
    }
}
