using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.NetworkNamespaces;

/// <summary>
/// A folder in which network namespaces are kept as files (bind mounts of <c>/proc/PID/ns/net</c>), so that they outlive whoever made them. <c>nsenter --net=FILE</c> enters one.
/// The folder is a private mount of its own: otherwise each pin would be copied into every mount namespace that shares the parent, and could not be removed there.
/// One thread at a time.
/// </summary>
public sealed class NamespaceFolder(string path)
{
    internal const nuint MS_BIND = 4096;
    internal const nuint MS_REC = 16384;
    internal const nuint MS_PRIVATE = 1 << 18;
    internal const int MNT_DETACH = 2;
    internal const int UMOUNT_NOFOLLOW = 8;
    internal const long NSFS_MAGIC = 0x6e736673;

    /// <summary>A pin can be mounted over more than once if its maker was killed at the wrong moment; more than this is no accident of ours.</summary>
    private const int MountsMax = 16;

    private readonly string _path = Path.GetFullPath(path);

    public string FileOf(string name) => Path.Combine(_path, name);

    /// <summary>Makes the folder and its mount if they are missing.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(_path);
        if (!IsMountPoint())
        {
            Mount(_path, MS_BIND | MS_REC);
        }

        // Always: who made the mount may have been killed before this.
        Mount(null, MS_PRIVATE | MS_REC);
    }

    /// <summary>The pinned namespace of that name, or null when there is none (a file without its mount is none).</summary>
    public unsafe Descriptor? TryOpen(string name)
    {
        string file = FileOf(name);
        Libc.Statfs about = default;
        if (Libc.statfs(file, &about) != 0)
        {
            var error = LinuxException.Last("statfs(2)", file);
            return error.Error == Errno.ENOENT ? null : throw error;
        }

        return about.f_type == NSFS_MAGIC ? FileCalls.Open(file, FileCalls.O_RDONLY) : null;
    }

    /// <summary>Pins the calling thread's network namespace under a name that must be free.</summary>
    public void PinCurrent(string name)
    {
        string file = FileOf(name);
        FileCalls.Open(file, FileCalls.O_RDONLY | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW, mode: 0x100).Dispose();
        LinuxException.ThrowIfNegative(Libc.mount("/proc/thread-self/ns/net", file, null, MS_BIND, null), "mount(2) MS_BIND", file);
    }

    /// <summary>Names of all files in the folder, pinned or half made.</summary>
    public IReadOnlyList<string> Names() =>
        Directory.Exists(_path) ? [.. Directory.EnumerateFiles(_path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)] : [];

    /// <summary>Takes a pin away. The namespace lives on while a process or a socket is in it.</summary>
    public void Remove(string name)
    {
        string file = FileOf(name);
        UnmountAll(file);
        File.Delete(file);
    }

    /// <summary>Takes all pins, the mount and the folder away.</summary>
    public void RemoveAll()
    {
        foreach (string name in Names())
        {
            Remove(name);
        }

        if (Directory.Exists(_path))
        {
            UnmountAll(_path);

            // Files that a pin was made on before the folder was a mount of its own lie beneath it.
            foreach (string name in Names())
            {
                Remove(name);
            }

            Directory.Delete(_path);
        }
    }

    private static void UnmountAll(string target)
    {
        for (int count = 0; count < MountsMax; count++)
        {
            if (Libc.umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
            {
                continue;
            }

            var error = LinuxException.Last("umount2(2)", target);
            if (error.Error is Errno.EINVAL or Errno.ENOENT)
            {
                return;
            }

            throw error;
        }
    }

    private void Mount(string? source, nuint flags) =>
        LinuxException.ThrowIfNegative(Libc.mount(source ?? "none", _path, null, flags, null), "mount(2)", _path);

    private bool IsMountPoint()
    {
        // mountinfo(5): the fifth field is the mount point, with blanks as \040.
        string escaped = _path.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal);
        return File.ReadLines("/proc/thread-self/mountinfo").Any(line => line.Split(' ', 6) is [_, _, _, _, var point, ..] && point == escaped);
    }
}
