using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>The folder that is published: what is in it, links not followed, parents before children.</summary>
internal sealed class SourceTree
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<RecordEntry> _found = [];

    /// <summary>Files with several names, and the path of the first.</summary>
    private readonly Dictionary<(ulong FileSystem, ulong Inode), string> _linked = [];

    private SourceTree()
    {
    }

    /// <exception cref="SnapshotException">Something is in it that the store does not keep.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static List<RecordEntry> Read(string folder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        using var parent = TreeFolder.Open(Path.GetDirectoryName(full) ?? "/");
        var tree = new SourceTree();
        tree.Read(parent, Encoding.UTF8.GetBytes(Path.GetFileName(full)), "", full, 0);
        return tree._found;
    }

    /// <summary>A file of it, opened for reading.</summary>
    public static Descriptor Open(string folder, string path) => FileCalls.Open(Path.Combine(folder, path), FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW);

    private void Read(TreeFolder parent, byte[] name, string path, string full, int depth)
    {
        var stat = parent.TryStat(name, out var error) ?? throw new LinuxException(error, "statx(2)", full);
        if (stat.Kind is not (TreeEntryKind.File or TreeEntryKind.Folder or TreeEntryKind.SymbolicLink or TreeEntryKind.Fifo) && !stat.IsWhiteout)
        {
            throw new SnapshotException($"{full} is a {stat.Kind}, which is not kept; a snapshot has files, folders, links, FIFOs and whiteouts");
        }

        if (depth > StoreLimits.DepthMax || _found.Count >= StoreLimits.EntriesMax)
        {
            throw new SnapshotException($"{full}: a snapshot has at most {StoreLimits.EntriesMax} files, nested no deeper than {StoreLimits.DepthMax} folders");
        }

        _found.Add(Describe(parent, name, path, full, stat));
        if (stat.Kind != TreeEntryKind.Folder)
        {
            return;
        }

        using var folder = parent.TryOpenChild(name, out error) ?? throw new LinuxException(error, "openat(2)", full);
        List<byte[]> names = [];
        for (var some = folder.ReadNames(); some.Count > 0; some = folder.ReadNames())
        {
            names.AddRange(some);
        }

        foreach (byte[] child in names.OrderBy(Convert.ToHexString, StringComparer.Ordinal))
        {
            string text = TextOf(child, full, "a name");
            Read(folder, child, path.Length == 0 ? text : $"{path}/{text}", Path.Combine(full, text), depth + 1);
        }
    }

    private RecordEntry Describe(TreeFolder parent, byte[] name, string path, string full, TreeEntry stat)
    {
        var entry = new RecordEntry
        {
            Path = path,
            Kind = stat.Kind,
            Mode = stat.Mode,
            User = stat.User,
            Group = stat.Group,
            ModifiedSeconds = stat.ModifiedSeconds,
            ModifiedNanoseconds = stat.ModifiedNanoseconds,
            Length = 0,
        };

        // Of whiteouts each is made anew: that they are one file only saves inodes.
        if (stat is { Links: > 1, Kind: not TreeEntryKind.Folder, IsWhiteout: false } && !_linked.TryAdd((stat.FileSystem, stat.Inode), path))
        {
            return entry with { SameAs = _linked[(stat.FileSystem, stat.Inode)] };
        }

        using var place = parent.TryOpenPlace(name, out var error) ?? throw new LinuxException(error, "openat(2)", full);
        return entry with
        {
            Target = stat.Kind == TreeEntryKind.SymbolicLink ? TargetOf(parent, name, full) : null,
            Length = stat.Kind == TreeEntryKind.File ? stat.Size : 0,
            Attributes = stat.Kind == TreeEntryKind.SymbolicLink || stat.IsWhiteout ? null : AttributesOf(place, full, stat.Kind),
        };
    }

    /// <summary>Those that are kept; null: none.</summary>
    /// <exception cref="SnapshotException">It has one with which it is not kept.</exception>
    internal static Dictionary<string, byte[]>? AttributesOf(Descriptor place, string full, TreeEntryKind kind)
    {
        var attributes = TreeAttributes.ReadKept(place, kind, out string? refused);
        return refused is not null ? throw new SnapshotException($"{full} has the attribute {refused}, which is not kept: it steers overlayfs; remove it")
            : attributes.Count == 0 ? null
            : attributes.ToDictionary(attribute => TextOf(attribute.Name, full, "an attribute with a name"), attribute => attribute.Value);
    }

    private static string TargetOf(TreeFolder parent, byte[] name, string link)
    {
        byte[] target = parent.TryReadLink(name, out var error) ?? throw new LinuxException(error, "readlinkat(2)", link);
        return TextOf(target, link, "a target");
    }

    /// <exception cref="SnapshotException">It is not UTF-8.</exception>
    internal static string TextOf(byte[] name, string whose, string what)
    {
        try
        {
            return s_strict.GetString(name);
        }
        catch (DecoderFallbackException exception)
        {
            throw new SnapshotException($"{whose} has {what} that is not UTF-8 ({Convert.ToHexStringLower(name)}), which is not kept; rename it", exception);
        }
    }
}
