using Figment.Linux.Native;

namespace Figment.Linux.Memory;

/// <summary>Another process's memory (process_vm_readv(2)).</summary>
public static unsafe class ProcessMemory
{
    /// <summary>Copies as much as is readable; 0 if nothing is, or the process is gone.</summary>
    public static int Read(int thread, ulong address, Span<byte> into)
    {
        fixed (byte* start = into)
        {
            var local = new Libc.Iovec { iov_base = start, iov_len = (nuint)into.Length };
            var remote = new Libc.Iovec { iov_base = (byte*)address, iov_len = (nuint)into.Length };
            nint count = Libc.process_vm_readv(thread, &local, 1, &remote, 1, 0);
            return count > 0 ? (int)count : 0;
        }
    }
}
