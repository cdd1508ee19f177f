using Figment.Linux.Errors;
using Figment.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace Figment.Linux.Memory;

/// <summary>Another process's memory (process_vm_readv(2), proc_pid_mem(5)).</summary>
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

    /// <summary>For <see cref="RandomAccess"/>, with addresses as offsets. It stays the memory of that process when the number is another one's.</summary>
    /// <exception cref="LinuxException">ESRCH: it has ended.</exception>
    public static SafeFileHandle Open(int thread)
    {
        string path = $"/proc/{thread}/mem";
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException || exception.HResult == (int)Errno.ESRCH)
        {
            throw new LinuxException(Errno.ESRCH, "open(2)", path);
        }
    }
}
