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
        Dictionary<string, RecordEntry> others = [];
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

            if ((entry.SameAs is null ? KindComplaint(entry) ?? AttributeComplaint(entry) : NameComplaint(entry, others)) is { } complaint)
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

    private static string? PlaceComplaint(RecordEntry entry, HashSet<string> folders, Dictionary<string, RecordEntry> others)
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

        bool isNew = !folders.Contains(entry.Path) && (entry.Kind == TreeEntryKind.Folder ? !others.ContainsKey(entry.Path) && folders.Add(entry.Path) : others.TryAdd(entry.Path, entry));
        return isNew ? null : $"'{entry.Path}' is there twice";
    }

    private static string? KindComplaint(RecordEntry entry)
    {
        bool isKindRight = entry.Kind switch
        {
            TreeEntryKind.Folder => entry is { Target: null, Length: 0 },
            TreeEntryKind.File => entry is { Target: null, Length: >= 0 },
            TreeEntryKind.SymbolicLink => entry is { Target.Length: > 0, Length: 0 } && !entry.Target.Contains('\0') && Encoding.UTF8.GetByteCount(entry.Target) <= TreeFolder.PathBytesMax,
            TreeEntryKind.Fifo or TreeEntryKind.CharacterDevice => entry is { Target: null, Length: 0 },
            _ => false,
        };
        return !isKindRight ? $"'{entry.Path}' is no file, folder, link, FIFO or whiteout as they are kept"
            : entry.Mode is < 0 or > ModeMax || entry.ModifiedNanoseconds is < 0 or > NanosecondsMax ? $"the mode or time of '{entry.Path}' is none"
            : null;
    }

    /// <summary>A second name says nothing else; whiteouts have none.</summary>
    private static string? NameComplaint(RecordEntry entry, Dictionary<string, RecordEntry> others)
    {
        bool isAlone = entry is { Target: null, Length: 0, Attributes: null, Digest: null, Pages: null } && entry.Kind is TreeEntryKind.File or TreeEntryKind.SymbolicLink or TreeEntryKind.Fifo;
        bool isThere = others.TryGetValue(entry.SameAs!, out var first) && first.SameAs is null && first.Kind == entry.Kind;
        return isAlone && isThere ? null : $"'{entry.Path}' is no second name of '{entry.SameAs}'";
    }

    private static string? AttributeComplaint(RecordEntry entry)
    {
        if (entry.Attributes is not { } attributes)
        {
            return null;
        }

        int nameBytes = 0;
        foreach (var (name, value) in attributes)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            nameBytes += bytes.Length + 1;
            if (bytes.Length > TreeAttributes.NameBytesMax || bytes.Contains((byte)0) || AttributeRules.Of(entry.Kind, bytes) != AttributeTreatment.Kept)
            {
                return $"'{entry.Path}' has an attribute '{name}', which is not kept";
            }

            if (value is null || value.Length > StoreLimits.AttributeBytesMax || !AttributeRules.IsValue(bytes, value))
            {
                return $"the attribute {name} of '{entry.Path}' has a value that it cannot have";
            }
        }

        return nameBytes <= StoreLimits.AttributeNameBytesMax ? null : $"the attributes of '{entry.Path}' have names of {nameBytes} bytes, of at most {StoreLimits.AttributeNameBytesMax}";
    }

    private static bool IsPlain(string path)
    {
        string[] parts = path.Split('/');
        return parts.Length <= StoreLimits.DepthMax && !path.Contains('\0') && Encoding.UTF8.GetByteCount(path) <= TreeFolder.PathBytesMax
            && parts.All(part => part is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(part) <= NameBytesMax);
    }
}
