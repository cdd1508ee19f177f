using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Store;

/// <summary>
/// Makes the tree that entries describe, in a new folder that nobody else writes to: folders and empty files first, then whatever is written to them, then all else, owners, modes and times last.
/// The entries were found right (<see cref="EntryRules"/>): each lies in a folder that comes before it, so no link is ever on the way.
/// </summary>
internal sealed class TargetTree(string folder, IReadOnlyList<RecordEntry> entries)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The files have their lengths, and take no room yet.</summary>
    public void Begin() => Begin((entry, path) =>
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        RandomAccess.SetLength(file, entry.Length);
    });

    /// <param name="place">Makes a file, with its content or before it comes.</param>
    public void Begin(Action<RecordEntry, string> place)
    {
        foreach (var entry in entries)
        {
            string path = Path.Combine(folder, entry.Path);
            if (entry.Kind == TreeEntryKind.Folder)
            {
                Directory.CreateDirectory(path, OwnerOnly);
            }
            else if (entry.HasContent)
            {
                place(entry, path);
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

    /// <exception cref="InvalidDataException">The kernel refuses an attribute.</exception>
    public void Finish()
    {
        using var root = TreeFolder.Open(folder);
        foreach (var entry in entries.Where(entry => entry.Kind != TreeEntryKind.Folder && !entry.HasContent))
        {
            using var parent = ParentOf(root, entry, out byte[] name);
            Make(root, parent, name, entry);
        }

        // Children before parents, whose time they would change, and whose default ACL they would inherit.
        foreach (var entry in Enumerable.Reverse(entries).SkipLast(1).Where(entry => entry.SameAs is null))
        {
            using var parent = ParentOf(root, entry, out byte[] name);
            ThrowUnless(parent.SetOwner(name, entry.User, entry.Group), "fchownat(2)", entry);
            if (entry.Kind != TreeEntryKind.SymbolicLink)
            {
                ThrowUnless(parent.SetModeOfOwn(name, entry.Mode), "fchmodat(2)", entry);
            }

            SetAttributes(parent, name, entry);
            ThrowUnless(parent.SetModified(name, entry.Modified), "utimensat(2)", entry);
        }

        ThrowUnless(TreeFile.SetOwner(root.Descriptor, entries[0].User, entries[0].Group), "fchownat(2)", entries[0]);
        ThrowUnless(TreeFile.SetMode(root.Descriptor, entries[0].Mode), "fchmod(2)", entries[0]);
        SetAttributes(root, "."u8, entries[0]);
        ThrowUnless(TreeFile.SetModified(root.Descriptor, entries[0].Modified), "futimens(3)", entries[0]);
    }

    private static TreeFolder ParentOf(TreeFolder root, RecordEntry entry, out byte[] name)
    {
        int slash = entry.Path.LastIndexOf('/');
        name = Encoding.UTF8.GetBytes(entry.Path[(slash + 1)..]);
        return root.TryOpen(Encoding.UTF8.GetBytes(entry.Path[..Math.Max(slash, 0)]), out var error) ?? throw new LinuxException(error, "openat2(2)", entry.Path);
    }

    private void Make(TreeFolder root, TreeFolder parent, byte[] name, RecordEntry entry)
    {
        if (entry.SameAs is { } first)
        {
            ThrowUnless(parent.MakeHardLink(name, root, Encoding.UTF8.GetBytes(first)), "linkat(2)", entry);
        }
        else if (entry.Kind == TreeEntryKind.SymbolicLink)
        {
            ThrowUnless(parent.MakeSymbolicLink(name, Encoding.UTF8.GetBytes(entry.Target!)), "symlinkat(2)", entry);
        }
        else
        {
            ThrowUnless(entry.Kind == TreeEntryKind.Fifo ? parent.MakeFifo(name, 0) : parent.MakeWhiteout(name), "mknodat(2)", entry);
        }
    }

    private void SetAttributes(TreeFolder parent, ReadOnlySpan<byte> name, RecordEntry entry)
    {
        if (entry.Attributes is not { Count: > 0 } attributes)
        {
            return;
        }

        using var place = parent.TryOpenPlace(name, out var error) ?? throw new LinuxException(error, "openat(2)", Path.Combine(folder, entry.Path));
        foreach (var (attribute, value) in attributes)
        {
            error = TreeAttributes.Set(place, Encoding.UTF8.GetBytes(attribute), value);
            if (error == Errno.EINVAL)
            {
                throw new InvalidDataException($"the kernel refuses the value of the attribute {attribute} of '{entry.Path}'");
            }

            ThrowUnless(error, $"setxattr(2) {attribute}", entry);
        }
    }

    private void ThrowUnless(Errno error, string call, RecordEntry entry)
    {
        if (error != Errno.None)
        {
            throw new LinuxException(error, call, Path.Combine(folder, entry.Path));
        }
    }
}
