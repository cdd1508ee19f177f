using System.Runtime.InteropServices;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.UnixSockets;

/// <summary>Unix stream sockets at a path, as descriptors (unix(7)). Blocking, close-on-exec.</summary>
public static unsafe class UnixSocket
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1;
    private const int SO_RCVTIMEO = 20;
    private const int SO_SNDTIMEO = 21;
    private const int SHUT_RDWR = 2;
    private const int AddressBytes = 110;

    /// <summary>Requests come from the daemon alone, one connection each.</summary>
    private const int Backlog = 128;

    /// <summary>sun_path without its final zero. A longer path cannot be bound: choose a shorter runtime folder.</summary>
    public const int PathBytesMax = 107;

    /// <summary>Binds and listens. A file that is there is replaced: the caller knows that nobody listens on it.</summary>
    /// <param name="path">At most <see cref="PathBytesMax"/> bytes.</param>
    /// <param name="mode">Permissions of the file.</param>
    public static Descriptor Listen(string path, UnixFileMode mode)
    {
        File.Delete(path);
        var socket = New(path);
        try
        {
            byte* address = stackalloc byte[AddressBytes];
            uint length = Fill(new Span<byte>(address, AddressBytes), path);
            LinuxException.ThrowIfNegative(Libc.bind(socket.Number, address, length), "bind(2)", path);

            // Before listen(2): until then nobody can connect, whatever the umask was.
            LinuxException.ThrowIfNegative(Libc.chmod(path, (uint)mode), "chmod(2)", path);
            LinuxException.ThrowIfNegative(Libc.listen(socket.Number, Backlog), "listen(2)", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="LinuxException">ENOENT: no such file; ECONNREFUSED: nobody listens.</exception>
    public static Descriptor Connect(string path)
    {
        var socket = New(path);
        try
        {
            byte* address = stackalloc byte[AddressBytes];
            uint length = Fill(new Span<byte>(address, AddressBytes), path);
            LinuxException.ThrowIfNegative(Libc.connect(socket.Number, address, length), "connect(2)", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a connection; null once <see cref="ShutDown"/> was called on the listener.</summary>
    public static Descriptor? Accept(Descriptor listener)
    {
        while (true)
        {
            int number = Libc.accept4(listener.Number, null, null, SOCK_CLOEXEC);
            if (number >= 0)
            {
                return new Descriptor(number);
            }

            var error = LinuxException.Last("accept4(2)", $"socket {listener.Number}");
            switch (error.Error)
            {
                case Errno.EINTR or Errno.ECONNABORTED:
                    continue;
                case Errno.EINVAL or Errno.EBADF:
                    return null;
                default:
                    throw error;
            }
        }
    }

    /// <summary>Wakes who waits in accept, send or receive on it; both directions end.</summary>
    public static void ShutDown(Descriptor socket)
    {
        if (Libc.shutdown(socket.Number, SHUT_RDWR) < 0 && Marshal.GetLastPInvokeError() != (int)Errno.ENOTCONN)
        {
            throw LinuxException.Last("shutdown(2)", $"socket {socket.Number}");
        }
    }

    /// <summary>A send that cannot go on for so long fails with EAGAIN.</summary>
    public static void LimitSend(Descriptor socket, TimeSpan limit) => Limit(socket, SO_SNDTIMEO, limit, "SO_SNDTIMEO");

    /// <summary>A receive that gets nothing for so long fails with EAGAIN; zero: waits for ever.</summary>
    public static void LimitReceive(Descriptor socket, TimeSpan limit) => Limit(socket, SO_RCVTIMEO, limit, "SO_RCVTIMEO");

    private static void Limit(Descriptor socket, int option, TimeSpan limit, string name)
    {
        long* time = stackalloc long[2] { (long)limit.TotalSeconds, limit.Milliseconds * 1000L };
        LinuxException.ThrowIfNegative(Libc.setsockopt(socket.Number, SOL_SOCKET, option, time, 16), $"setsockopt(2) {name}", $"socket {socket.Number}");
    }

    private static Descriptor New(string path) =>
        new(LinuxException.ThrowIfNegative(Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket(2)", path));

    private static uint Fill(Span<byte> address, string path)
    {
        int count = Encoding.UTF8.GetByteCount(path);
        if (count > PathBytesMax)
        {
            throw new LinuxException(Errno.ENAMETOOLONG, "socket path", $"{path} has {count} bytes, at most {PathBytesMax} are possible");
        }

        address.Clear();
        MemoryMarshal.Write(address, (ushort)AF_UNIX);
        Encoding.UTF8.GetBytes(path, address[2..]);
        return (uint)(2 + count + 1);
    }
}
