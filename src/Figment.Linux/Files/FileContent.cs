using System.Buffers;
using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Files;

/// <summary>Copies contents of files, one after the other. Holes stay holes; where the file system can share data, it does (copy_file_range(2)). Not for several threads.</summary>
public sealed unsafe class FileContent
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>Until it is refused: then the others are read and written as well.</summary>
    private bool _isKernelAble = true;

    /// <param name="from">Open for reading.</param>
    /// <param name="to">Open for writing, and empty.</param>
    /// <param name="length">Of the file.</param>
    public void Copy(Descriptor from, Descriptor to, long length)
    {
        bool endsInHole = false;
        for (long at = 0; at < length;)
        {
            if (SparseFile.NextData(from, at) is not { } data)
            {
                endsInHole = true;
                break;
            }

            at = SparseFile.NextHole(from, data);
            CopyRange(from, to, data, at);
            endsInHole = at < length;
        }

        if (endsInHole)
        {
            SparseFile.Truncate(to, length);
        }
    }

    private void CopyRange(Descriptor from, Descriptor to, long start, long end)
    {
        while (_isKernelAble && start < end)
        {
            long read = start, written = start;
            nint count = Libc.copy_file_range(from.Number, &read, to.Number, &written, (nuint)(end - start), 0);
            if (count > 0)
            {
                start += count;
                continue;
            }

            if (count == 0)
            {
                break;
            }

            var failure = LinuxException.Last("copy_file_range(2)", $"descriptor {from.Number}");
            if (failure.Error != Errno.EINTR)
            {
                _isKernelAble = failure.Error is Errno.EXDEV or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOSYS ? false : throw failure;
            }
        }

        if (start < end)
        {
            ReadAndWrite(from, to, start, end);
        }
    }

    private static void ReadAndWrite(Descriptor from, Descriptor to, long start, long end)
    {
        const int SEEK_SET = 0;
        foreach (var file in (Descriptor[])[from, to])
        {
            LinuxException.ThrowIfNegative((nint)Libc.lseek(file.Number, start, SEEK_SET), "lseek(2)", $"descriptor {file.Number}");
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        while (start < end && FileCalls.Read(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - start))) is > 0 and var count)
        {
            FileCalls.Write(to, buffer.AsSpan(0, count));
            start += count;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
