using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Files;

/// <summary>A file whose beginning takes no room any more: what stands behind it keeps its offsets.</summary>
public static class SparseFile
{
    /// <summary>Where the first data at or after <paramref name="from"/> begins, on a block's boundary or at <paramref name="from"/>; null if there is none.</summary>
    public static long? NextData(SafeHandle file, long from)
    {
        const int SEEK_DATA = 3;
        long data = Libc.lseek((int)file.DangerousGetHandle(), from, SEEK_DATA);
        if (data >= 0)
        {
            return data;
        }

        var error = LinuxException.Last("lseek(2) SEEK_DATA", $"offset {from}");
        return error.Error == Errno.ENXIO ? null : throw error;
    }

    /// <summary>Where the data ends that stands at <paramref name="from"/>; the end of the file counts as a hole.</summary>
    public static long NextHole(SafeHandle file, long from)
    {
        const int SEEK_HOLE = 4;
        return LinuxException.ThrowIfNegative((nint)Libc.lseek((int)file.DangerousGetHandle(), from, SEEK_HOLE), "lseek(2) SEEK_HOLE", $"offset {from}");
    }

    /// <summary>Gives back the room of the whole blocks in that range; the rest of it reads as zeros.</summary>
    public static void Punch(SafeHandle file, long from, long length)
    {
        const int FALLOC_FL_KEEP_SIZE = 1;
        const int FALLOC_FL_PUNCH_HOLE = 2;
        LinuxException.ThrowIfNegative(
            Libc.fallocate((int)file.DangerousGetHandle(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, length), "fallocate(2) PUNCH_HOLE", $"bytes {from} to {from + length}");
    }

    public static void Truncate(SafeHandle file, long length) =>
        LinuxException.ThrowIfNegative(Libc.ftruncate((int)file.DangerousGetHandle(), length), "ftruncate(2)", $"to {length} bytes");
}
