using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Trees;

/// <summary>What can be set on a file or folder that is open: nothing here looks at a path. Errors are returned, since the caller knows the name.</summary>
public static unsafe class TreeFile
{
    private const int SEEK_CUR = 1;
    private const int AT_EMPTY_PATH = 0x1000;

    /// <summary>What an open file is.</summary>
    public static TreeEntryKind KindOf(Descriptor file)
    {
        const int FormatMask = 0xF000;
        const uint STATX_TYPE = 1;
        byte empty = 0;
        Libc.StatxResult stat = default;
        LinuxException.ThrowIfNegative(Libc.statx(file.Number, &empty, AT_EMPTY_PATH, STATX_TYPE, &stat), "statx(2)", $"descriptor {file.Number}");
        return (TreeEntryKind)(stat.Mode & FormatMask);
    }

    /// <summary>All that statx(2) says of what is open, also with O_PATH alone.</summary>
    public static TreeEntry Stat(Descriptor file)
    {
        byte empty = 0;
        Libc.StatxResult stat = default;
        LinuxException.ThrowIfNegative(Libc.statx(file.Number, &empty, AT_EMPTY_PATH, TreeFolder.STATX_BASIC_STATS, &stat), "statx(2)", $"descriptor {file.Number}");
        return TreeFolder.EntryOf(stat);
    }

    /// <summary>Takes set-user-id bits and capabilities away from a file (chown(2)): set the mode and attributes afterwards.</summary>
    public static Errno SetOwner(Descriptor file, uint user, uint group)
    {
        byte empty = 0;
        return TreeFolder.Outcome(Libc.fchownat(file.Number, &empty, user, group, AT_EMPTY_PATH));
    }

    public static Errno SetMode(Descriptor file, int mode) => TreeFolder.Outcome(Libc.fchmod(file.Number, (uint)mode));

    public static Errno SetModified(Descriptor file, FileTime time)
    {
        var times = stackalloc Libc.TimeSpecification[2];
        TreeFolder.Fill(times, time);
        return TreeFolder.Outcome(Libc.futimens(file.Number, times));
    }

    /// <summary>fsetxattr(2): makes or replaces one extended attribute.</summary>
    public static Errno SetAttribute(Descriptor file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        const int NameBytesMax = 255;
        if (name.Length > NameBytesMax)
        {
            return Errno.ERANGE;
        }

        byte* terminated = stackalloc byte[name.Length + 1];
        name.CopyTo(new Span<byte>(terminated, name.Length));
        terminated[name.Length] = 0;
        fixed (byte* bytes = value)
        {
            return TreeFolder.Outcome(Libc.fsetxattr(file.Number, terminated, bytes, (nuint)value.Length, 0));
        }
    }

    /// <summary>fgetxattr(2); null if there is no such attribute.</summary>
    public static byte[]? GetAttribute(Descriptor file, string name)
    {
        const int ValueBytesMax = 64 * 1024;
        byte[] value = new byte[ValueBytesMax];
        fixed (byte* bytes = value)
        {
            nint count = Libc.fgetxattr(file.Number, name, bytes, ValueBytesMax);
            return count >= 0 ? value[..(int)count]
                : LinuxException.Last("fgetxattr(2)", name) is { Error: not Errno.ENODATA } failure ? throw failure
                : null;
        }
    }

    public static Errno SetLength(Descriptor file, long length) => TreeFolder.Outcome(Libc.ftruncate(file.Number, length));

    /// <summary>Moves the place of the next write forward, leaving a hole.</summary>
    public static Errno Skip(Descriptor file, long count) => TreeFolder.Outcome(Libc.lseek(file.Number, count, SEEK_CUR) < 0 ? -1 : 0);

    /// <summary>Waits until the file's (or folder's) content is on its device.</summary>
    public static Errno Sync(Descriptor file) => TreeFolder.Outcome(Libc.fsync(file.Number));

    /// <summary>The same of what is in it and where, not of when it was written: over what was there before the file system has nothing to write of its own.</summary>
    public static Errno SyncData(Descriptor file) => TreeFolder.Outcome(Libc.fdatasync(file.Number));

    /// <summary>Waits until everything of the file system that holds this is on its device.</summary>
    public static Errno SyncFileSystem(Descriptor file) => TreeFolder.Outcome(Libc.syncfs(file.Number));
}
