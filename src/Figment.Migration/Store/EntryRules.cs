using System.Text;
using Figment.Linux.Trees;

namespace Figment.Migration.Store;

/// <summary>What a list of entries must be like to be made into a tree: records and imports come from outside.</summary>
internal static class EntryRules
{
    /// <summary>NAME_MAX.</summary>
    private const int NameBytesMax = 255;

    private const int ModeMax = 0xFFF;
    private const int NanosecondsMax = 999_999_999;

    /// <summary>Null: it is a tree; otherwise the first thing that is wrong.</summary>
    /// <param name="entries">Parents before children, the folder itself first.</param>
    /// <param name="bytesMax">Of all files together.</param>
    public static string? Complaint(IReadOnlyList<RecordEntry> entries, long bytesMax)
    {
        if (entries is not [{ Path: "", Kind: TreeEntryKind.Folder }, ..])
        {
            return "it does not begin with its own folder";
        }

        if (entries.Count > StoreLimits.EntriesMax)
        {
            return $"it has {entries.Count} entries, of at most {StoreLimits.EntriesMax}";
        }

        HashSet<string> folders = [""];
        HashSet<string> others = [];
        long bytes = 0;
        foreach (var (index, entry) in entries.Index())
        {
            if (entry is null)
            {
                return $"entry {index} is nothing";
            }

            if ((index == 0 ? null : PlaceComplaint(entry, folders, others)) is { } misplaced)
            {
                return misplaced;
            }

            if (KindComplaint(entry) is { } complaint)
            {
                return complaint;
            }

            if (entry.Length > bytesMax - bytes)
            {
                return $"its files have more than the {bytesMax} bytes that a snapshot may have here";
            }

            bytes += entry.Length;
        }

        return null;
    }

    private static string? PlaceComplaint(RecordEntry entry, HashSet<string> folders, HashSet<string> others)
    {
        if (!IsPlain(entry.Path))
        {
            return $"'{entry.Path}' leads out of it, or nowhere";
        }

        int slash = entry.Path.LastIndexOf('/');
        if (!folders.Contains(slash < 0 ? "" : entry.Path[..slash]))
        {
            return $"'{entry.Path}' lies in no folder of it";
        }

        bool isNew = !folders.Contains(entry.Path) && !others.Contains(entry.Path);
        (entry.Kind == TreeEntryKind.Folder ? folders : others).Add(entry.Path);
        return isNew ? null : $"'{entry.Path}' is there twice";
    }

    private static string? KindComplaint(RecordEntry entry)
    {
        bool isKindRight = entry.Kind switch
        {
            TreeEntryKind.Folder => entry is { Target: null, Length: 0 },
            TreeEntryKind.File => entry is { Target: null, Length: >= 0 },
            TreeEntryKind.SymbolicLink => entry is { Target.Length: > 0, Length: 0 } && !entry.Target.Contains('\0') && Encoding.UTF8.GetByteCount(entry.Target) <= TreeFolder.PathBytesMax,
            _ => false,
        };
        return !isKindRight ? $"'{entry.Path}' is no file, folder or link as they are kept"
            : entry.Mode is < 0 or > ModeMax || entry.ModifiedNanoseconds is < 0 or > NanosecondsMax ? $"the mode or time of '{entry.Path}' is none"
            : null;
    }

    private static bool IsPlain(string path)
    {
        string[] parts = path.Split('/');
        return parts.Length <= StoreLimits.DepthMax && !path.Contains('\0') && Encoding.UTF8.GetByteCount(path) <= TreeFolder.PathBytesMax
            && parts.All(part => part is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(part) <= NameBytesMax);
    }
}
