using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>The folder that is published: what is in it, links not followed, parents before children.</summary>
internal static class SourceTree
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="SnapshotException">Something is in it that the store does not keep.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static List<RecordEntry> Read(string folder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        using var parent = TreeFolder.Open(Path.GetDirectoryName(full) ?? "/");
        List<RecordEntry> found = [];
        Read(parent, Encoding.UTF8.GetBytes(Path.GetFileName(full)), "", full, 0, found);
        return found;
    }

    /// <summary>A file of it, opened for reading.</summary>
    public static Descriptor Open(string folder, string path) => FileCalls.Open(Path.Combine(folder, path), FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW);

    private static void Read(TreeFolder parent, byte[] name, string path, string full, int depth, List<RecordEntry> found)
    {
        var stat = parent.TryStat(name, out var error) ?? throw new LinuxException(error, "statx(2)", full);
        if (stat.Kind is not (TreeEntryKind.File or TreeEntryKind.Folder or TreeEntryKind.SymbolicLink))
        {
            throw new SnapshotException($"{full} is a {stat.Kind}, which is not kept; a snapshot has files, folders and links");
        }

        if (depth > StoreLimits.DepthMax || found.Count >= StoreLimits.EntriesMax)
        {
            throw new SnapshotException($"{full}: a snapshot has at most {StoreLimits.EntriesMax} files, nested no deeper than {StoreLimits.DepthMax} folders");
        }

        found.Add(new RecordEntry
        {
            Path = path,
            Kind = stat.Kind,
            Mode = stat.Mode,
            User = stat.User,
            Group = stat.Group,
            ModifiedSeconds = stat.ModifiedSeconds,
            ModifiedNanoseconds = stat.ModifiedNanoseconds,
            Target = stat.Kind == TreeEntryKind.SymbolicLink ? TargetOf(full, stat.Size) : null,
            Length = stat.Kind == TreeEntryKind.File ? stat.Size : 0,
        });
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
            string text = NameOf(child, full);
            Read(folder, child, path.Length == 0 ? text : $"{path}/{text}", Path.Combine(full, text), depth + 1, found);
        }
    }

    /// <summary>The runtime puts other characters in place of what is not UTF-8, which are longer.</summary>
    private static string TargetOf(string link, long bytes) =>
        new FileInfo(link).LinkTarget is { } target && Encoding.UTF8.GetByteCount(target) == bytes ? target : throw new SnapshotException($"{link} is a link to a name that is not UTF-8, which is not kept; link to another");

    private static string NameOf(byte[] name, string folder)
    {
        try
        {
            return s_strict.GetString(name);
        }
        catch (DecoderFallbackException exception)
        {
            throw new SnapshotException($"{folder} has a name that is not UTF-8 ({Convert.ToHexStringLower(name)}), which is not kept; rename it", exception);
        }
    }
}
