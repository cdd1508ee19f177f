using System.Text;
using Figment.Linux.Errors;

namespace Figment.Linux.Trees;

/// <summary>Removes a folder with all that is in it, by descriptors, whatever its depth: a tree may be deeper than a path is long, and deeper than descriptors are many.</summary>
public static class TreeRemoval
{
    // Below this depth a folder is moved up to the tree's own top instead of being entered, so that few descriptors are open at a time.
    private const int DepthMax = 32;

    /// <summary>Removes what has this name, if there is anything. Links are removed, not followed.</summary>
    public static void Remove(TreeFolder parent, ReadOnlySpan<byte> name)
    {
        var error = parent.Remove(name, folder: false);
        if (error is Errno.None or Errno.ENOENT)
        {
            return;
        }

        if (error is not (Errno.EISDIR or Errno.EPERM))
        {
            throw Failure(error, name);
        }

        using (var top = parent.TryOpenChild(name, out error))
        {
            if (top is null)
            {
                throw Failure(error, name);
            }

            long moved = 0;
            do
            {
                using var reading = parent.TryOpenChild(name, out error) ?? throw Failure(error, name);
                moved = Empty(reading, top, 0, moved);
            }
            while (!IsEmpty(parent, name));
        }

        ThrowUnless(parent.Remove(name, folder: true), name);
    }

    private static bool IsEmpty(TreeFolder parent, ReadOnlySpan<byte> name)
    {
        using var folder = parent.TryOpenChild(name, out var error) ?? throw Failure(error, name);
        return folder.ReadNames().Count == 0;
    }

    private static long Empty(TreeFolder folder, TreeFolder top, int depth, long moved)
    {
        for (var names = folder.ReadNames(); names.Count > 0; names = folder.ReadNames())
        {
            foreach (byte[] name in names)
            {
                var error = folder.Remove(name, folder: false);
                if (error is Errno.None or Errno.ENOENT)
                {
                    continue;
                }

                if (error is not (Errno.EISDIR or Errno.EPERM))
                {
                    throw Failure(error, name);
                }

                moved = RemoveFolder(folder, name, top, depth, moved);
            }
        }

        return moved;
    }

    private static long RemoveFolder(TreeFolder parent, byte[] name, TreeFolder top, int depth, long moved)
    {
        if (parent.Remove(name, folder: true) == Errno.None)
        {
            return moved;
        }

        if (depth >= DepthMax)
        {
            // A name with a slash cannot be in any layer, but a name like this one can: take the next free one.
            Errno error;
            do
            {
                error = parent.Rename(name, top, Encoding.ASCII.GetBytes($".moved-{moved++}"));
            }
            while (error is Errno.EEXIST or Errno.ENOTEMPTY or Errno.ENOTDIR);
            ThrowUnless(error, name);
            return moved;
        }

        using (var folder = parent.TryOpenChild(name, out var error))
        {
            if (folder is null)
            {
                throw Failure(error, name);
            }

            moved = Empty(folder, top, depth + 1, moved);
        }

        // Names read while others vanish may be skipped by some file systems: then it is not empty yet, and the next round of Remove finds it.
        var last = parent.Remove(name, folder: true);
        if (last is not (Errno.None or Errno.ENOTEMPTY or Errno.ENOENT))
        {
            throw Failure(last, name);
        }

        return moved;
    }

    private static void ThrowUnless(Errno error, ReadOnlySpan<byte> name)
    {
        if (error != Errno.None)
        {
            throw Failure(error, name);
        }
    }

    private static LinuxException Failure(Errno error, ReadOnlySpan<byte> name) => new(error, "removing", Encoding.UTF8.GetString(name));
}
