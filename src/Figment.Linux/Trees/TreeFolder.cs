using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Trees;

/// <summary>
/// A folder held open, and what may be done below it. Paths given to <see cref="TryOpen"/> and <see cref="TryOpenFile"/> are resolved by the kernel as if this folder
/// were the root (openat2(2), RESOLVE_IN_ROOT): neither <c>..</c> nor a symbolic link nor a link that changes meanwhile leads out of it. Everything else takes one
/// name in this folder and never follows a link. Names are bytes. Expected failures are returned as <see cref="Errno"/>, since deciding about them is the caller's work.
/// </summary>
public sealed unsafe class TreeFolder : IDisposable
{
    /// <summary>PATH_MAX with its zero.</summary>
    public const int PathBytesMax = 4095;

    private const int OpenAt2Number = 437;
    private const int RESOLVE_NO_XDEV = 0x01;
    private const int RESOLVE_NO_MAGICLINKS = 0x02;
    private const int RESOLVE_IN_ROOT = 0x10;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_REMOVEDIR = 0x200;
    internal const uint STATX_BASIC_STATS = 0x7FF;
    private const int FormatMask = 0xF000;
    private const int PermissionMask = 0xFFF;

    // openat2 gives up with EAGAIN when a rename anywhere on the system crosses a walk with "..": repeating is what its page tells to do.
    private const int RaceRetriesMax = 128;

    private TreeFolder(Descriptor descriptor) => Descriptor = descriptor;

    public Descriptor Descriptor { get; }

    /// <summary>Opens a folder that the caller trusts by its path.</summary>
    public static TreeFolder Open(string path) => new(FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY));

    public void Dispose() => Descriptor.Dispose();

    /// <summary>A folder below this one. An empty path is this folder itself.</summary>
    public TreeFolder? TryOpen(ReadOnlySpan<byte> path, out Errno error)
    {
        var descriptor = OpenConfined(path.IsEmpty ? "."u8 : path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, out error);
        return descriptor is null ? null : new TreeFolder(descriptor);
    }

    /// <summary>A file below this folder, for reading. It never waits: a FIFO opens at once.</summary>
    public Descriptor? TryOpenFile(ReadOnlySpan<byte> path, out Errno error) =>
        OpenConfined(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY, out error);

    /// <summary>A folder of this name in this one; ELOOP or ENOTDIR if a link has the name.</summary>
    public TreeFolder? TryOpenChild(ReadOnlySpan<byte> name, out Errno error)
    {
        var descriptor = OpenAt(name, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW, 0, out error);
        return descriptor is null ? null : new TreeFolder(descriptor);
    }

    /// <summary>A file of this name in this one, for reading; ELOOP if a link has the name. It never waits: a FIFO opens at once.</summary>
    public Descriptor? TryOpenChildFile(ReadOnlySpan<byte> name, out Errno error) =>
        OpenAt(name, FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY, 0, out error);

    /// <summary>Whatever has this name here, a link itself too, to be looked at without being opened (O_PATH).</summary>
    public Descriptor? TryOpenPlace(ReadOnlySpan<byte> name, out Errno error) => OpenAt(name, FileCalls.O_PATH | FileCalls.O_NOFOLLOW, 0, out error);

    /// <summary>Where a symbolic link points.</summary>
    public byte[]? TryReadLink(ReadOnlySpan<byte> name, out Errno error)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        byte* target = stackalloc byte[PathBytesMax + 1];
        int count = 0;
        error = Terminate(name, path) ? Outcome(count = (int)Libc.readlinkat(Descriptor.Number, path, target, PathBytesMax + 1)) : Errno.ENAMETOOLONG;
        return error != Errno.None ? null : new ReadOnlySpan<byte>(target, count).ToArray();
    }

    /// <summary>A new file, for writing, of mode 0600; EEXIST if anything, a link too, has the name.</summary>
    public Descriptor? TryCreateFile(ReadOnlySpan<byte> name, out Errno error)
    {
        const int OwnerOnly = 0x180;
        return OpenAt(name, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_NOFOLLOW, OwnerOnly, out error);
    }

    public Errno MakeFolder(ReadOnlySpan<byte> name, int mode)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) ? Outcome(Libc.mkdirat(Descriptor.Number, path, (uint)mode)) : Errno.ENAMETOOLONG;
    }

    public Errno MakeFifo(ReadOnlySpan<byte> name, int mode)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) ? Outcome(Libc.mknodat(Descriptor.Number, path, (uint)TreeEntryKind.Fifo | (uint)mode, 0)) : Errno.ENAMETOOLONG;
    }

    /// <summary>The sign by which overlayfs hides what lower folders have under this name: a character device 0:0.</summary>
    public Errno MakeWhiteout(ReadOnlySpan<byte> name)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) ? Outcome(Libc.mknodat(Descriptor.Number, path, (uint)TreeEntryKind.CharacterDevice, 0)) : Errno.ENAMETOOLONG;
    }

    public Errno MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        byte* to = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) && Terminate(target, to) ? Outcome(Libc.symlinkat(to, Descriptor.Number, path)) : Errno.ENAMETOOLONG;
    }

    /// <summary>A second name, here, for what <paramref name="from"/> has; a link is linked itself, not what it points to.</summary>
    public Errno MakeHardLink(ReadOnlySpan<byte> name, TreeFolder from, ReadOnlySpan<byte> fromName)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        byte* old = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) && Terminate(fromName, old) ? Outcome(Libc.linkat(from.Descriptor.Number, old, Descriptor.Number, path, 0)) : Errno.ENAMETOOLONG;
    }

    /// <summary>unlinkat(2): a file or link, or an empty folder.</summary>
    public Errno Remove(ReadOnlySpan<byte> name, bool folder)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) ? Outcome(Libc.unlinkat(Descriptor.Number, path, folder ? AT_REMOVEDIR : 0)) : Errno.ENAMETOOLONG;
    }

    public Errno Rename(ReadOnlySpan<byte> name, TreeFolder to, ReadOnlySpan<byte> toName)
    {
        byte* old = stackalloc byte[PathBytesMax + 1];
        byte* path = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, old) && Terminate(toName, path) ? Outcome(Libc.renameat(Descriptor.Number, old, to.Descriptor.Number, path)) : Errno.ENAMETOOLONG;
    }

    /// <summary>Owner of a name, of the link itself if it is one.</summary>
    public Errno SetOwner(ReadOnlySpan<byte> name, uint user, uint group)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) ? Outcome(Libc.fchownat(Descriptor.Number, path, user, group, AT_SYMLINK_NOFOLLOW)) : Errno.ENAMETOOLONG;
    }

    /// <summary>Time of a name, of the link itself if it is one.</summary>
    public Errno SetModified(ReadOnlySpan<byte> name, FileTime time)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        var times = stackalloc Libc.TimeSpecification[2];
        Fill(times, time);
        return Terminate(name, path) ? Outcome(Libc.utimensat(Descriptor.Number, path, times, AT_SYMLINK_NOFOLLOW)) : Errno.ENAMETOOLONG;
    }

    /// <summary>Mode of something that the caller just made here and knows to be no link (a FIFO, which must not be opened): a link would be followed.</summary>
    public Errno SetModeOfOwn(ReadOnlySpan<byte> name, int mode)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        return Terminate(name, path) ? Outcome(Libc.fchmodat(Descriptor.Number, path, (uint)mode, 0)) : Errno.ENAMETOOLONG;
    }

    /// <summary>What has this name here, a link itself too.</summary>
    public TreeEntry? TryStat(ReadOnlySpan<byte> name, out Errno error) => TryStat(name, AT_SYMLINK_NOFOLLOW, out error);

    /// <summary>What a link leads to, wherever that is: for folders of <c>/proc</c>, whose links are open files.</summary>
    public TreeEntry? TryStatTarget(ReadOnlySpan<byte> name, out Errno error) => TryStat(name, 0, out error);

    /// <summary>The next names of this folder, without <c>.</c> and <c>..</c>; empty at the end. Reads on where the last call ended.</summary>
    public IReadOnlyList<byte[]> ReadNames()
    {
        // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name.
        const int BufferBytes = 32 * 1024, LengthOffset = 16, NameOffset = 19;
        var names = new List<byte[]>();
        byte[] buffer = new byte[BufferBytes];
        while (names.Count == 0)
        {
            int count;
            fixed (byte* bytes = buffer)
            {
                count = (int)LinuxException.ThrowIfNegative(Libc.getdents64(Descriptor.Number, bytes, BufferBytes), "getdents64(2)", "folder");
            }

            if (count == 0)
            {
                break;
            }

            for (int at = 0; at < count; at += BitConverter.ToUInt16(buffer, at + LengthOffset))
            {
                var rest = buffer.AsSpan(at + NameOffset);
                var name = rest[..rest.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    names.Add(name.ToArray());
                }
            }
        }

        return names;
    }

    internal static Errno Outcome(int result) => result >= 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    /// <summary>Access and modification time alike.</summary>
    internal static void Fill(Libc.TimeSpecification* times, FileTime time)
    {
        times[0] = new Libc.TimeSpecification { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };
        times[1] = times[0];
    }

    internal static TreeEntry EntryOf(in Libc.StatxResult stat) => new()
    {
        Kind = (TreeEntryKind)(stat.Mode & FormatMask),
        Mode = stat.Mode & PermissionMask,
        User = stat.User,
        Group = stat.Group,
        FileSystem = ((ulong)stat.FileSystemMajor << 32) | stat.FileSystemMinor,
        Inode = stat.Inode,
        Links = stat.Links,
        Size = (long)stat.Size,
        ModifiedSeconds = stat.ModifiedSeconds,
        ModifiedNanoseconds = (int)stat.ModifiedNanoseconds,
        Changed = new FileTime(stat.ChangedSeconds, (int)stat.ChangedNanoseconds),
        DeviceMajor = stat.DeviceMajor,
        DeviceMinor = stat.DeviceMinor,
    };

    private TreeEntry? TryStat(ReadOnlySpan<byte> name, int flags, out Errno error)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        Libc.StatxResult stat = default;
        error = Terminate(name, path) ? Outcome(Libc.statx(Descriptor.Number, path, flags, STATX_BASIC_STATS, &stat)) : Errno.ENAMETOOLONG;
        return error != Errno.None ? null : EntryOf(stat);
    }

    private static bool Terminate(ReadOnlySpan<byte> name, byte* path)
    {
        if (name.Length > PathBytesMax)
        {
            return false;
        }

        name.CopyTo(new Span<byte>(path, PathBytesMax));
        path[name.Length] = 0;
        return true;
    }

    private Descriptor? OpenAt(ReadOnlySpan<byte> name, int flags, int mode, out Errno error)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        if (!Terminate(name, path))
        {
            error = Errno.ENAMETOOLONG;
            return null;
        }

        int number;
        do
        {
            number = Libc.openat(Descriptor.Number, path, flags | FileCalls.O_CLOEXEC, mode);
            error = Outcome(number);
        }
        while (error == Errno.EINTR);
        return number < 0 ? null : new Descriptor(number);
    }

    private Descriptor? OpenConfined(ReadOnlySpan<byte> name, int flags, out Errno error)
    {
        byte* path = stackalloc byte[PathBytesMax + 1];
        if (!Terminate(name, path))
        {
            error = Errno.ENAMETOOLONG;
            return null;
        }

        var how = new Libc.OpenHow { flags = (ulong)(flags | FileCalls.O_CLOEXEC), resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };
        int number = -1;
        error = Errno.EAGAIN;
        for (int attempt = 0; attempt < RaceRetriesMax && error is Errno.EAGAIN or Errno.EINTR; attempt++)
        {
            number = (int)Libc.syscall(OpenAt2Number, Descriptor.Number, (nint)path, (nint)(&how), sizeof(Libc.OpenHow), 0, 0);
            error = Outcome(number);
        }

        return number < 0 ? null : new Descriptor(number);
    }
}
