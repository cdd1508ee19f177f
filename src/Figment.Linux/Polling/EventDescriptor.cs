using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Polling;

/// <summary>eventfd(2): wakes a thread that waits in <see cref="Epoll"/>. Any thread may set it.</summary>
public sealed class EventDescriptor : IDisposable
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    public Descriptor Descriptor { get; } = new(LinuxException.ThrowIfNegative(Libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd(2)", "new event"));

    public void Set()
    {
        ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        FileCalls.Write(Descriptor, one);
    }

    /// <summary>Takes back all that was set.</summary>
    public unsafe void Clear()
    {
        byte* buffer = stackalloc byte[8];
        if (Libc.read(Descriptor.Number, buffer, 8) < 0 && Marshal.GetLastPInvokeError() != (int)Errno.EAGAIN)
        {
            throw LinuxException.Last("read(2)", "eventfd");
        }
    }

    public void Dispose() => Descriptor.Dispose();
}
