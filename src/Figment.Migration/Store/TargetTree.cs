using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Store;

/// <summary>
/// Makes the tree that entries describe, in a new folder that nobody else writes to: folders and empty files first, then whatever is written to them, links and attributes last.
/// The entries were found right (<see cref="EntryRules"/>): each lies in a folder that comes before it, so no link is ever on the way.
/// </summary>
internal sealed class TargetTree(string folder, IReadOnlyList<RecordEntry> entries)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The files have their lengths, and take no room yet.</summary>
    public void Begin()
    {
        foreach (var entry in entries)
        {
            string path = Path.Combine(folder, entry.Path);
            if (entry.Kind == TreeEntryKind.Folder)
            {
                Directory.CreateDirectory(path, OwnerOnly);
            }
            else if (entry.Kind == TreeEntryKind.File)
            {
                using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
                RandomAccess.SetLength(file, entry.Length);
            }
        }
    }

    private SafeFileHandle Open(RecordEntry entry) => File.OpenHandle(Path.Combine(folder, entry.Path), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

    /// <summary>Pages of a file; what lies behind its end is left out. Any thread.</summary>
    public void Write(RecordEntry entry, long page, ReadOnlySpan<byte> content)
    {
        long offset = page * StoreLimits.PageBytes;
        using var file = Open(entry);
        RandomAccess.Write(file, content[..(int)Math.Min(content.Length, entry.Length - offset)], offset);
    }

    /// <summary>Children before parents, whose time and mode they would change.</summary>
    public void Finish()
    {
        using var root = TreeFolder.Open(folder);
        foreach (var entry in Enumerable.Reverse(entries).SkipLast(1))
        {
            int slash = entry.Path.LastIndexOf('/');
            byte[] name = Encoding.UTF8.GetBytes(entry.Path[(slash + 1)..]);
            using var parent = root.TryOpen(Encoding.UTF8.GetBytes(entry.Path[..Math.Max(slash, 0)]), out var error) ?? throw new LinuxException(error, "openat2(2)", entry.Path);
            if (entry.Kind == TreeEntryKind.SymbolicLink)
            {
                ThrowUnless(parent.MakeSymbolicLink(name, Encoding.UTF8.GetBytes(entry.Target!)), "symlinkat(2)", entry);
            }

            ThrowUnless(parent.SetOwner(name, entry.User, entry.Group), "fchownat(2)", entry);
            if (entry.Kind != TreeEntryKind.SymbolicLink)
            {
                ThrowUnless(parent.SetModeOfOwn(name, entry.Mode), "fchmodat(2)", entry);
            }

            ThrowUnless(parent.SetModified(name, entry.Modified), "utimensat(2)", entry);
        }

        ThrowUnless(TreeFile.SetOwner(root.Descriptor, entries[0].User, entries[0].Group), "fchownat(2)", entries[0]);
        ThrowUnless(TreeFile.SetMode(root.Descriptor, entries[0].Mode), "fchmod(2)", entries[0]);
        ThrowUnless(TreeFile.SetModified(root.Descriptor, entries[0].Modified), "futimens(3)", entries[0]);
    }

    private void ThrowUnless(Errno error, string call, RecordEntry entry)
    {
        if (error != Errno.None)
        {
            throw new LinuxException(error, call, Path.Combine(folder, entry.Path));
        }
    }
}
