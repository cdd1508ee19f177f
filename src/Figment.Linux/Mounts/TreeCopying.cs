using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;

namespace Figment.Linux.Mounts;

/// <summary>One copy of a tree, by names in folders that are open: no link is on the way, and names are bytes.</summary>
internal sealed class TreeCopying(bool isUpper, bool keepExisting)
{
    /// <summary>Deeper trees are a fault, or a trap.</summary>
    private const int DepthMax = 256;

    private const int OwnerOnly = 0x1C0;

    /// <summary>Files with several names, and the first name that each has in the copy.</summary>
    private readonly Dictionary<(ulong FileSystem, ulong Inode), byte[]> _linked = [];
    private readonly FileContent _content = new();
    private string _source = "";
    private TreeFolder? _target;

    public void Run(string source, string target)
    {
        using var from = TreeFolder.Open(source);
        using var to = TreeFolder.Open(target);
        (_source, _target) = (source, to);
        CopyFolder(from, to, [], 0);
    }

    private void CopyFolder(TreeFolder from, TreeFolder to, byte[] path, int depth)
    {
        if (depth > DepthMax)
        {
            throw new IOException($"{Show(path)} is nested deeper than {DepthMax} folders");
        }

        for (var names = from.ReadNames(); names.Count > 0; names = from.ReadNames())
        {
            foreach (byte[] name in names)
            {
                Copy(from, to, name, path.Length == 0 ? name : [.. path, (byte)'/', .. name], depth);
            }
        }

        // Last: what is made in a folder changes its time, and inherits its default ACL.
        var stat = from.TryStat("."u8, out var error) ?? throw Failure(error, "statx(2)", path);
        Finish(from.Descriptor, to.Descriptor, stat, path);
    }

    private void Copy(TreeFolder from, TreeFolder to, byte[] name, byte[] path, int depth)
    {
        var stat = from.TryStat(name, out var error) ?? throw Failure(error, "statx(2)", path);
        bool isSkipped = keepExisting && to.TryStat(name, out _) is { Kind: not TreeEntryKind.Folder };

        // Whiteouts are one file with many names only to save inodes, and another file system may allow fewer names.
        bool isLinked = stat is { Links: > 1, Kind: not TreeEntryKind.Folder, IsWhiteout: false };
        if (isSkipped || (isLinked && IsLinked(to, name, path, stat)))
        {
            return;
        }

        if (Make(from, to, name, path, stat, depth) && isLinked)
        {
            _linked.Add((stat.FileSystem, stat.Inode), path);
        }
    }

    /// <summary>False: there is no such file in the copy yet.</summary>
    private bool IsLinked(TreeFolder to, byte[] name, byte[] path, TreeEntry stat)
    {
        if (!_linked.TryGetValue((stat.FileSystem, stat.Inode), out byte[]? first))
        {
            return false;
        }

        Check(to.MakeHardLink(name, _target!, first), "linkat(2)", path);
        return true;
    }

    /// <summary>False: it is of a kind that is left out.</summary>
    private bool Make(TreeFolder from, TreeFolder to, byte[] name, byte[] path, TreeEntry stat, int depth)
    {
        switch (stat.Kind)
        {
            case TreeEntryKind.Folder:
                MakeFolder(from, to, name, path, depth);
                return true;
            case TreeEntryKind.File:
                MakeFile(from, to, name, path, stat);
                return true;
            case TreeEntryKind.SymbolicLink:
                byte[] target = from.TryReadLink(name, out var error) ?? throw Failure(error, "readlinkat(2)", path);
                Check(to.MakeSymbolicLink(name, target), "symlinkat(2)", path);
                FinishByName(to, name, path, stat);
                return true;
            case TreeEntryKind.Fifo when isUpper:
                Check(to.MakeFifo(name, 0), "mknodat(2)", path);
                MakeAttributes(from, to, name, path, stat);
                FinishByName(to, name, path, stat);
                return true;
            case TreeEntryKind.CharacterDevice when isUpper && stat.IsWhiteout:
                Check(to.MakeWhiteout(name), "mknodat(2)", path);
                FinishByName(to, name, path, stat);
                return true;
            default:
                return false;
        }
    }

    private void MakeFolder(TreeFolder from, TreeFolder to, byte[] name, byte[] path, int depth)
    {
        var made = to.MakeFolder(name, OwnerOnly);
        Check(made == Errno.EEXIST && !isUpper ? Errno.None : made, "mkdirat(2)", path);
        using var inside = from.TryOpenChild(name, out var error) ?? throw Failure(error, "openat(2)", path);
        using var copy = to.TryOpenChild(name, out error) ?? throw Failure(error, "openat(2)", path);
        CopyFolder(inside, copy, path, depth + 1);
    }

    /// <summary>As it is now, also where a program holds a lock on it, which .NET's own copy heeds.</summary>
    private void MakeFile(TreeFolder from, TreeFolder to, byte[] name, byte[] path, TreeEntry stat)
    {
        using var file = from.TryOpenChildFile(name, out var error) ?? throw Failure(error, "openat(2)", path);
        using var copy = to.TryCreateFile(name, out error) ?? throw Failure(error, "openat(2)", path);
        try
        {
            _content.Copy(file, copy, stat.Size);
        }
        catch (LinuxException failure)
        {
            throw Failure(failure.Error, failure.Call, path);
        }

        Finish(file, copy, stat, path);
    }

    /// <summary>In this order: a change of owner takes set-user-id bits and capabilities away.</summary>
    private void Finish(Descriptor from, Descriptor to, TreeEntry stat, byte[] path)
    {
        Check(TreeFile.SetOwner(to, stat.User, stat.Group), "fchownat(2)", path);
        Check(TreeFile.SetMode(to, stat.Mode), "fchmod(2)", path);
        if (isUpper)
        {
            SetAttributes(from, to, stat.Kind, path);
        }

        Check(TreeFile.SetModified(to, stat.Modified), "futimens(3)", path);
    }

    /// <summary>What cannot be opened.</summary>
    private void FinishByName(TreeFolder to, byte[] name, byte[] path, TreeEntry stat)
    {
        Check(to.SetOwner(name, stat.User, stat.Group), "fchownat(2)", path);
        if (stat.Kind != TreeEntryKind.SymbolicLink)
        {
            Check(to.SetModeOfOwn(name, stat.Mode), "fchmodat(2)", path);
        }

        Check(to.SetModified(name, stat.Modified), "utimensat(2)", path);
    }

    private void MakeAttributes(TreeFolder from, TreeFolder to, byte[] name, byte[] path, TreeEntry stat)
    {
        using var file = from.TryOpenPlace(name, out var error) ?? throw Failure(error, "openat(2)", path);
        using var copy = to.TryOpenPlace(name, out error) ?? throw Failure(error, "openat(2)", path);
        SetAttributes(file, copy, stat.Kind, path);
    }

    private void SetAttributes(Descriptor from, Descriptor to, TreeEntryKind kind, byte[] path)
    {
        var attributes = TreeAttributes.ReadKept(from, kind, out string? refused);
        if (refused is not null)
        {
            throw new IOException($"{Show(path)} has the attribute {refused}, which steers overlayfs and which no overlay of Figment's makes: something else wrote it; discard what the machine wrote");
        }

        foreach (var (name, value) in attributes)
        {
            Check(TreeAttributes.Set(to, name, value), $"setxattr(2) {Encoding.UTF8.GetString(name)}", path);
        }
    }

    private string Show(byte[] path) => Path.Combine(_source, Encoding.UTF8.GetString(path));

    private void Check(Errno error, string call, byte[] path)
    {
        if (error != Errno.None)
        {
            throw Failure(error, call, path);
        }
    }

    private LinuxException Failure(Errno error, string call, byte[] path) => new(error, call, Show(path));
}
