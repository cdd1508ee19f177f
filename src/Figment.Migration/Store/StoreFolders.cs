using System.Buffers;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Store;

/// <summary>Where things are in a store's folder, and how they are put there so that they survive a loss of power. Any thread may use it.</summary>
internal sealed class StoreFolders
{
    private const int IdCharacters = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <exception cref="IOException">The folders cannot be made.</exception>
    public StoreFolders(string root)
    {
        Root = Path.GetFullPath(root);
        foreach (string folder in (string[])[Root, Snapshots, Packs, Staging])
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }
    }

    /// <summary>Told after each change of the file system what was done and to which path: tests look at what a crash would leave.</summary>
    public Action<string, string>? AfterStep { get; init; }

    public string Root { get; }

    /// <summary>Of which format the store is, and with which key.</summary>
    public string Mark => Path.Combine(Root, "store.json");

    /// <summary>Held by whoever publishes or collects.</summary>
    public string Lock => Path.Combine(Root, "lock");

    /// <summary>Records, each named by its snapshot's id: what has none is no snapshot.</summary>
    public string Snapshots => Path.Combine(Root, "snapshots");

    /// <summary>Blocks of pages, a pack a publication, and beside it an index of what it added.</summary>
    public string Packs => Path.Combine(Root, "packs");

    /// <summary>What is being made: a folder each, with a lock that is held as long as someone works there.</summary>
    public string Staging => Path.Combine(Root, "staging");

    public static bool IsId(string? id) => id is { Length: IdCharacters } && !id.AsSpan().ContainsAnyExcept(HexDigits);

    public static string NewId(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    public string Snapshot(string id) => Path.Combine(Snapshots, id);

    public string Pack(string id) => Path.Combine(Packs, id + ".pack");

    public string Index(string id) => Path.Combine(Packs, id + ".index");

    /// <summary>Ids of the snapshots, oldest first.</summary>
    public List<string> SnapshotIds() => [.. Directory.EnumerateFiles(Snapshots).Select(path => Path.GetFileName(path)).Where(IsId).Order(StringComparer.Ordinal)];

    /// <summary>Names of the packs, oldest first.</summary>
    public List<string> PackIds() => [.. Directory.EnumerateFiles(Packs, "*.pack").Select(path => Path.GetFileNameWithoutExtension(path)).Where(IsId).Order(StringComparer.Ordinal)];

    public SafeFileHandle Create(string path)
    {
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        AfterStep?.Invoke("create", path);
        return file;
    }

    public void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> content, long offset)
    {
        RandomAccess.Write(file, content, offset);
        AfterStep?.Invoke("write", path);
    }

    public void Sync(SafeFileHandle file, string path)
    {
        RandomAccess.FlushToDisk(file);
        AfterStep?.Invoke("sync", path);
    }

    /// <summary>A whole small file, on its device when this returns, under a name that nobody looks for.</summary>
    public void WriteWhole(string path, ReadOnlySpan<byte> content)
    {
        using var file = Create(path);
        Write(file, path, content, 0);
        Sync(file, path);
    }

    /// <summary>Gives a synced file its name, in place of what had it.</summary>
    public void Rename(string path, string name)
    {
        File.Move(path, name, overwrite: true);
        AfterStep?.Invoke("rename", name);
    }

    public void Delete(string path)
    {
        File.Delete(path);
        AfterStep?.Invoke("delete", path);
    }

    /// <summary>Gives a part of a pack back to the file system. False: this one keeps it (no holes).</summary>
    public bool TryPunch(string path, long from, long length)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            SparseFile.Punch(file, from, length);
        }
        catch (LinuxException exception) when (exception.Error == Errno.EOPNOTSUPP)
        {
            return false;
        }

        AfterStep?.Invoke("punch", path);
        return true;
    }

    /// <summary>Names that were given or taken in a folder stay so.</summary>
    public void SyncFolder(string path)
    {
        using var folder = TreeFolder.Open(path);
        var error = TreeFile.Sync(folder.Descriptor);
        if (error != Errno.None)
        {
            throw new LinuxException(error, "fsync(2)", path);
        }

        AfterStep?.Invoke("sync folder", path);
    }
}
