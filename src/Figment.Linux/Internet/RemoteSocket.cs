using System.Globalization;
using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Internet;

/// <summary>A socket of another process, by the number it has there.</summary>
public static unsafe class RemoteSocket
{
    /// <summary>A duplicate; null if process or descriptor is gone, or it is not a descriptor that can be taken.</summary>
    public static Descriptor? Take(int thread, int number)
    {
        int taken = Duplicate(thread, number);
        return taken < 0 ? null : new Descriptor(taken);
    }

    /// <summary>What it is, without an allocation. False if it is gone or no socket.</summary>
    public static bool TryIdentify(int thread, int number, out SocketIdentity identity)
    {
        identity = default;
        int taken = Duplicate(thread, number);
        if (taken < 0)
        {
            return false;
        }

        bool known = InternetSocket.TryIdentify(taken, out identity);
        _ = Libc.close(taken);
        return known;
    }

    /// <summary>The process that a thread belongs to; null if it is gone.</summary>
    public static int? ProcessOf(int thread)
    {
        const string Key = "Tgid:";
        try
        {
            string line = File.ReadLines($"/proc/{thread}/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
            return int.Parse(line[Key.Length..].Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException
            || (exception is IOException && exception.HResult == (int)Errno.ESRCH))
        {
            return null;
        }
    }

    private static int Duplicate(int thread, int number)
    {
        // From 6.9 on a descriptor may name a thread; before, only the thread that leads its process.
        nint process = Libc.syscall(Libc.SYS_pidfd_open, thread, Libc.PIDFD_THREAD, 0, 0, 0, 0);
        if (process < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINVAL && ProcessOf(thread) is { } leader)
        {
            process = Libc.syscall(Libc.SYS_pidfd_open, leader, 0, 0, 0, 0, 0);
        }

        if (process < 0)
        {
            return -1;
        }

        nint taken = Libc.syscall(Libc.SYS_pidfd_getfd, process, number, 0, 0, 0, 0);
        _ = Libc.close((int)process);
        return (int)taken;
    }
}
