using System.Text.Json.Serialization;

namespace Figment.Model.Control;

/// <summary>
/// First line on <c>box.sock</c> from somebody who is not the keeper. The box answers a <see cref="StreamReply"/> line; on success the connection carries frames both ways from then on:
/// one byte kind, four bytes length (big endian), payload. Kinds: 0 stdin (empty payload: end), 1 stdout, 2 stderr, 3 terminal size (two big-endian 16-bit numbers, columns then rows),
/// 4 exit (one byte code; last frame), 5 signal to the process (one byte), 6 a round of a departure (one byte, 0 files or 1 memory; its bytes, a big-endian 64-bit number).
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "stream")]
[JsonDerivedType(typeof(Exec), "exec")]
[JsonDerivedType(typeof(Attach), "attach")]
[JsonDerivedType(typeof(Depart), "depart")]
[JsonDerivedType(typeof(Owed), "owed")]
[JsonDerivedType(typeof(Feed), "feed")]
public abstract record StreamRequest
{
    private protected StreamRequest()
    {
    }

    /// <summary>Runs another program in the machine.</summary>
    public sealed record Exec : StreamRequest
    {
        public required IReadOnlyList<string> Arguments { get; init; }

        /// <summary>Added to the machine's, <c>NAME=value</c>.</summary>
        public IReadOnlyList<string> Environment { get; init; } = [];

        /// <summary>Null: the machine's.</summary>
        public string? User { get; init; }

        public string? WorkingDirectory { get; init; }

        public bool Tty { get; init; }

        public bool Stdin { get; init; }
    }

    /// <summary>
    /// The machine moves to another node. Output frames carry it (Figment.Migration's transfer): its memory while it runs, then what is left while it stands still; an empty one ends it. A round frame follows
    /// what a round has sent. Before it stands still the box sends an empty input frame: the client
    /// leads the machine's packets to where it goes, and answers with one. From then on the verdict in the folder
    /// <see cref="Verdict"/> decides: an input frame, whatever it holds, says that it is there. If nobody rules the box does, and the machine stays. An error frame says why it stays; the exit frame's code is
    /// 0 if it is gone, else 1. A client that leaves before the machine stands still has called it off.
    /// </summary>
    public sealed record Depart : StreamRequest
    {
        /// <summary>For the dump: a folder that is not there, and is not afterwards.</summary>
        public required string Folder { get; init; }

        /// <summary>Where the verdict is ruled. There, on the node's storage.</summary>
        public required string Verdict { get; init; }

        /// <summary>Mounts whose files go with it, by their places in its launch: nobody else writes to them.</summary>
        public IReadOnlyList<int> Carried { get; init; } = [];

        /// <summary>All of its memory goes while it stands still.</summary>
        public bool StopsFirst { get; init; }

        /// <summary>What of it may be given after it has gone on there: see <see cref="Owed"/>.</summary>
        public OweMode Owes { get; init; }
    }

    /// <summary>
    /// Memory of a machine that leaves, or has left and is not gone yet: an input frame asks for pages, an output frame gives them, one after the other (Figment.Migration's owed text). An empty input frame: the other node has
    /// all. An error frame: they are nowhere any more.
    /// </summary>
    public sealed record Owed : StreamRequest;

    /// <summary>
    /// On <c>feed.sock</c>, of a machine that arrives: output frames ask for pages, an input frame gives each, in any order; an error frame: they are nowhere any more, and the machine is ended. The exit frame: nothing is missing, or
    /// nobody misses it. Whoever comes is asked for all that has not come.
    /// </summary>
    public sealed record Feed : StreamRequest
    {
        /// <summary>Beside <c>box.sock</c>; there before the machine is.</summary>
        public const string SocketName = "feed.sock";
    }

    /// <summary>The program's own stdin, stdout and stderr; output from now on (logs have what was before). Leaving does not end the program.</summary>
    public sealed record Attach : StreamRequest
    {
        public bool Stdin { get; init; }
    }
}
