using System.Text;
using System.Text.Json;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;
using Figment.Migration.Handover;
using Figment.Model;
using Figment.Node.Lifecycle;

namespace Figment.Node.Moves;

/// <summary>What a node has on storage of one move.</summary>
internal sealed class MoveFolder
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int PromiseBytes = 8;
    private const UnixFileMode FolderMode = Mode | UnixFileMode.UserExecute;

    private MoveFolder(string path, MoveRecord record) => (Path, Record) = (path, record);

    public string Path { get; }

    public MoveRecord Record { get; }

    public VerdictFile Verdict => new(Path);

    /// <summary>At the source, for the dump: not there but meanwhile.</summary>
    public string Dump => In("dump");

    /// <summary>At the target, what came.</summary>
    public string Snapshot => In("snapshot");

    public string Pages => In("pages");

    /// <summary>It runs at the target, or did; nothing of this move brings it up again.</summary>
    public bool IsDone => File.Exists(In("done"));

    public static MoveFolder Make(Places places, MoveRecord record)
    {
        Directory.CreateDirectory(places.Moves, FolderMode);
        string path = System.IO.Path.Combine(places.Moves, record.Id);
        Directory.CreateDirectory(path, FolderMode);
        AtomicFile.Write(System.IO.Path.Combine(path, "move.json"), JsonSerializer.SerializeToUtf8Bytes(record, NodeJson.Default.MoveRecord), Mode);
        return new MoveFolder(path, record);
    }

    /// <summary>Those that an earlier daemon left. What was not even begun goes.</summary>
    public static IReadOnlyList<MoveFolder> Find(Places places)
    {
        var found = new List<MoveFolder>();
        Directory.CreateDirectory(places.Moves, FolderMode);
        foreach (string path in Directory.GetDirectories(places.Moves).Order(StringComparer.Ordinal))
        {
            string file = System.IO.Path.Combine(path, "move.json");
            if (File.Exists(file) && JsonSerializer.Deserialize(File.ReadAllBytes(file), NodeJson.Default.MoveRecord) is { } record)
            {
                found.Add(new MoveFolder(path, record));
            }
            else
            {
                Directory.Delete(path, recursive: true);
            }
        }

        return found;
    }

    /// <summary>At the target; null: it has promised nothing.</summary>
    public TargetRecord? Promise => File.Exists(In("promise")) && File.ReadAllText(In("promise")).Trim() is { Length: > 0 } promise ? Enum.Parse<TargetRecord>(promise) : null;

    /// <summary>
    /// A place for a promise, on its device. What is written there later is one sector, which a device writes whole or not at all; the file system has nothing to do for it, and does not first write
    /// all of the machine that has just come.
    /// </summary>
    public void MakePromise()
    {
        AtomicFile.Write(In("promise"), Padded(""), Mode);
        using var here = TreeFolder.Open(Path);
        Require(TreeFile.Sync(here.Descriptor), "fsync(2)");
    }

    /// <summary>There is a place for it.</summary>
    public void Write(TargetRecord promise)
    {
        using var file = FileCalls.Open(In("promise"), FileCalls.O_WRONLY);
        FileCalls.Write(file, Padded(promise.ToString()));
        Require(TreeFile.SyncData(file), "fdatasync(2)");
    }

    /// <summary>At the target: what the machine carries has been put to its place, or may have been.</summary>
    public bool HasArrived => File.Exists(In("arrived"));

    /// <summary>A node that loses its power before this is on its device is left with a copy of a volume that nobody asks for.</summary>
    public void SetArrived() => File.WriteAllBytes(In("arrived"), []);

    /// <summary>At the target: some of its memory comes when it has gone on.</summary>
    public bool Lacks => File.Exists(In("lacks"));

    public void SetLacks() => AtomicFile.Write(In("lacks"), [], Mode);

    public void SetDone() => AtomicFile.Write(In("done"), [], Mode);

    /// <summary>What says that there is a move goes first: without its verdict it would be another one.</summary>
    public void Remove()
    {
        if (Directory.Exists(Path))
        {
            File.Delete(In("move.json"));
            Directory.Delete(Path, recursive: true);
        }
    }

    private static byte[] Padded(string promise) => Encoding.ASCII.GetBytes(promise.PadRight(PromiseBytes));

    private static void Require(Errno error, string call)
    {
        if (error != Errno.None)
        {
            throw new LinuxException(error, call, "the promise of a move");
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
