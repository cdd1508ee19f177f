using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Trees;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Written;

/// <summary>One look at the whole tree; what is as it was before is not opened. While programs run something may be missed: the next look finds it.</summary>
/// <param name="before">What the look before found.</param>
/// <param name="contents">Get what is new in files.</param>
/// <param name="certainty">Made before this look began.</param>
/// <param name="isLast">Nobody writes: nothing may be missed.</param>
internal sealed class WrittenScan(IReadOnlyDictionary<string, SeenEntry> before, ContentCopies contents, Certainty certainty, bool isLast)
{
    /// <summary>By its path, in the order in which a record has it: parents come before children.</summary>
    public SortedDictionary<string, SeenEntry> Found { get; } = new(StringComparer.Ordinal);

    /// <summary>A folder with all that is in it.</summary>
    /// <param name="folder">Is there.</param>
    /// <param name="path">In the tree.</param>
    /// <exception cref="SnapshotException">Something is in it that is not kept.</exception>
    /// <exception cref="IOException">It cannot be read, or nobody takes it any more.</exception>
    public void Add(string folder, string path)
    {
        using var parent = TreeFolder.Open(Path.GetDirectoryName(folder)!);
        Visit(parent, Encoding.UTF8.GetBytes(Path.GetFileName(folder)), path, 1);
    }

    private void Visit(TreeFolder parent, byte[] name, string path, int depth)
    {
        if (parent.TryStat(name, out var error) is not { } stat)
        {
            Miss(error, "statx(2)", path);
            return;
        }

        var seen = before.TryGetValue(path, out var known) && known.IsSure && known.Stat == stat && (known.Content is null || contents.Keep(known.Content, stat)) ? known : Look(parent, name, path);
        if (seen is null)
        {
            return;
        }

        if (depth > StoreLimits.DepthMax || Found.Count >= StoreLimits.EntriesMax)
        {
            throw new SnapshotException($"{path}: of what a machine wrote at most {StoreLimits.EntriesMax} files are kept, nested no deeper than {StoreLimits.DepthMax} folders");
        }

        Found.Add(path, seen);
        if (seen.Stat.Kind == TreeEntryKind.Folder)
        {
            Enter(parent, name, path, depth);
        }
    }

    private void Enter(TreeFolder parent, byte[] name, string path, int depth)
    {
        using var folder = parent.TryOpenChild(name, out var error);
        if (folder is null)
        {
            Miss(error, "openat(2)", path);
            return;
        }

        // A name that moves while the folder is read may come twice.
        HashSet<string> children = new(StringComparer.Ordinal);
        for (var some = folder.ReadNames(); some.Count > 0; some = folder.ReadNames())
        {
            children.UnionWith(some.Select(child => SourceTree.TextOf(child, path, "a name")));
        }

        foreach (string child in children)
        {
            Visit(folder, Encoding.UTF8.GetBytes(child), $"{path}/{child}", depth + 1);
        }
    }

    /// <summary>Null: it is not there any more, or of a kind that is left out.</summary>
    private SeenEntry? Look(TreeFolder parent, byte[] name, string path)
    {
        using var place = parent.TryOpenPlace(name, out var error);
        if (place is null)
        {
            Miss(error, "openat(2)", path);
            return null;
        }

        var stat = TreeFile.Stat(place);
        if (stat.Kind is not (TreeEntryKind.File or TreeEntryKind.Folder or TreeEntryKind.SymbolicLink or TreeEntryKind.Fifo) && !stat.IsWhiteout)
        {
            return null;
        }

        byte[]? target = stat.Kind == TreeEntryKind.SymbolicLink ? parent.TryReadLink(name, out error) : null;
        if (stat.Kind == TreeEntryKind.SymbolicLink && target is null)
        {
            Miss(error, "readlinkat(2)", path);
            return null;
        }

        bool isSure = certainty.IsSure(stat);
        var attributes = stat.Kind == TreeEntryKind.SymbolicLink || stat.IsWhiteout ? null : SourceTree.AttributesOf(place, path, stat.Kind);
        var content = stat.Kind == TreeEntryKind.File ? contents.Read(place, stat, isSure, isLast) : null;
        var entry = new RecordEntry
        {
            Path = path,
            Kind = stat.Kind,
            Mode = stat.Mode,
            User = stat.User,
            Group = stat.Group,
            ModifiedSeconds = stat.ModifiedSeconds,
            ModifiedNanoseconds = stat.ModifiedNanoseconds,
            Length = content?.Length ?? 0,
            Target = target is null ? null : SourceTree.TextOf(target, path, "a target"),
            Attributes = attributes,
        };
        return new SeenEntry(stat, entry, content?.IsSure ?? isSure, content);
    }

    /// <summary>While it runs: it has been removed, or something else is there now.</summary>
    private void Miss(Errno error, string call, string path)
    {
        if (isLast || error is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EINVAL or Errno.ESTALE))
        {
            throw new LinuxException(error, call, path);
        }
    }
}
