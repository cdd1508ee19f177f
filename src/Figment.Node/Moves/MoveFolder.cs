using System.Text;
using System.Text.Json;
using Figment.Linux.Errors;
using Figment.Linux.Trees;
using Figment.Migration.Handover;
using Figment.Model;
using Figment.Node.Lifecycle;

namespace Figment.Node.Moves;

/// <summary>What a node has on storage of one move.</summary>
internal sealed class MoveFolder
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
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
    public TargetRecord? Promise => File.Exists(In("promise")) ? Enum.Parse<TargetRecord>(File.ReadAllText(In("promise"))) : null;

    public void Write(TargetRecord promise)
    {
        AtomicFile.Write(In("promise"), Encoding.ASCII.GetBytes(promise.ToString()), Mode);
        using var here = TreeFolder.Open(Path);
        var error = TreeFile.Sync(here.Descriptor);
        if (error != Errno.None)
        {
            throw new LinuxException(error, "fsync(2)", Path);
        }
    }

    /// <summary>At the target: what the machine carries has been put to its place, or may have been.</summary>
    public bool HasArrived => File.Exists(In("arrived"));

    public void SetArrived() => AtomicFile.Write(In("arrived"), [], Mode);

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

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
