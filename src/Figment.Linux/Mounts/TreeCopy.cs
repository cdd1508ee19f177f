using System.Buffers;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Mounts;

/// <summary>Copies a tree with owners, modes and times. Symbolic links are copied, never followed; sockets, pipes and devices are left out.</summary>
public static unsafe class TreeCopy
{
    private const int S_IFMT = 0xF000;
    private const int S_IFDIR = 0x4000;
    private const int S_IFREG = 0x8000;
    private const int S_IFLNK = 0xA000;

    /// <summary>Deeper trees are a fault, or a trap.</summary>
    private const int DepthMax = 256;

    private const int BufferBytes = 128 * 1024;

    /// <param name="source">A folder.</param>
    /// <param name="target">A folder that is there.</param>
    /// <param name="keepExisting">What is there already, folders aside, stays as it is; otherwise it is an error.</param>
    public static void Copy(string source, string target, bool keepExisting = false) => Copy(source, target, keepExisting, 0);

    private static void Copy(string source, string target, bool keepExisting, int depth)
    {
        if (depth > DepthMax)
        {
            throw new IOException($"{source} is nested deeper than {DepthMax} folders");
        }

        CopyOwner(source, target);
        foreach (string entry in Directory.EnumerateFileSystemEntries(source))
        {
            string copy = Path.Combine(target, Path.GetFileName(entry));
            if (keepExisting && new FileInfo(copy) is var there && (there.Exists || there.LinkTarget is not null))
            {
                continue;
            }

            switch (Stat(entry).stx_mode & S_IFMT)
            {
                case S_IFLNK:
                    File.CreateSymbolicLink(copy, new FileInfo(entry).LinkTarget!);
                    CopyOwner(entry, copy);
                    break;
                case S_IFDIR:
                    Directory.CreateDirectory(copy);
                    Copy(entry, copy, keepExisting, depth + 1);
                    break;
                case S_IFREG:
                    CopyFile(entry, copy);
                    CopyOwner(entry, copy);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>As it is now, also where a program holds a lock on it, which .NET's own copy heeds.</summary>
    private static void CopyFile(string source, string target)
    {
        const int OwnerOnly = 0x180;
        using var from = FileCalls.Open(source, FileCalls.O_RDONLY);
        using var to = FileCalls.Open(target, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_EXCL, OwnerOnly);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        while (FileCalls.Read(from, buffer) is > 0 and var count)
        {
            FileCalls.Write(to, buffer.AsSpan(0, count));
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static void CopyOwner(string source, string target)
    {
        var status = Stat(source);
        MountCalls.ChangeOwner(target, status.stx_uid, status.stx_gid);
        if ((status.stx_mode & S_IFMT) != S_IFLNK)
        {
            MountCalls.ChangeMode(target, status.stx_mode & 0xFFF);
        }
    }

    private static Libc.Statx Stat(string path)
    {
        const uint STATX_BASIC_STATS = 0x7ff;
        const int AT_SYMLINK_NOFOLLOW = 0x100;
        Libc.Statx status;
        LinuxException.ThrowIfNegative(Libc.statx(Libc.AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status), "statx(2)", path);
        return status;
    }
}
