using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Streams;

/// <summary>Reads and writes that do not wait, on non-blocking descriptors.</summary>
public static unsafe class NonBlocking
{
    /// <returns>-1: nothing now; 0: the end, also of a connection that was reset or a terminal whose other side closed.</returns>
    public static int TryRead(Descriptor descriptor, Span<byte> into)
    {
        fixed (byte* buffer = into)
        {
            nint count = Libc.read(descriptor.Number, buffer, (nuint)into.Length);
            return count >= 0 ? (int)count : (Errno)Marshal.GetLastPInvokeError() switch
            {
                Errno.EAGAIN or Errno.EINTR => -1,
                Errno.EIO or Errno.ECONNRESET => 0,
                _ => throw LinuxException.Last("read(2)", $"descriptor {descriptor.Number}"),
            };
        }
    }

    /// <returns>How much was written; -1: nobody reads any more.</returns>
    public static int TryWrite(Descriptor descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* buffer = bytes)
        {
            nint count = Libc.write(descriptor.Number, buffer, (nuint)bytes.Length);
            return count >= 0 ? (int)count : (Errno)Marshal.GetLastPInvokeError() switch
            {
                Errno.EAGAIN or Errno.EINTR => 0,
                Errno.EPIPE or Errno.EIO or Errno.ECONNRESET => -1,
                _ => throw LinuxException.Last("write(2)", $"descriptor {descriptor.Number}"),
            };
        }
    }
}
