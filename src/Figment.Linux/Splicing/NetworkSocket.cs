using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Splicing;

/// <summary>
/// A TCP or UDP socket that never blocks, for use with <see cref="Polling.Epoll"/>. It stays in the network namespace of the thread that made it.
/// Calls on the data path return a count or a negative <see cref="Errno"/>: an exception for each client that goes away would cost more than the client.
/// </summary>
public sealed unsafe class NetworkSocket : IDisposable
{
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_ERROR = 4;
    internal const int SO_KEEPALIVE = 9;
    internal const int SO_LINGER = 13;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_TRUNC = 0x20;
    internal const int SHUT_WR = 1;

    private readonly AddressFamily _family;

    private NetworkSocket(Descriptor descriptor, AddressFamily family)
    {
        Descriptor = descriptor;
        _family = family;
    }

    public Descriptor Descriptor { get; }

    public static NetworkSocket Open(AddressFamily family, SocketKind kind)
    {
        int domain = family == AddressFamily.InterNetwork ? SocketName.AF_INET : SocketName.AF_INET6;
        return new NetworkSocket(new Descriptor(LinuxException.ThrowIfNegative(
            Libc.socket(domain, (int)kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket(2)", $"{family} {kind}")), family);
    }

    /// <summary>A bound UDP socket, or a TCP listener.</summary>
    /// <param name="local">Where; port 0: any.</param>
    /// <param name="kind">Stream or datagram.</param>
    /// <param name="backlog">Of a listener; ignored for datagrams.</param>
    /// <param name="dualStack">An IPv6 wildcard that takes IPv4 as well.</param>
    /// <exception cref="LinuxException">EADDRINUSE: taken; EADDRNOTAVAIL: not an address of this namespace.</exception>
    public static NetworkSocket Bind(IPEndPoint local, SocketKind kind, int backlog, bool dualStack = false)
    {
        var socket = Open(local.AddressFamily, kind);
        try
        {
            if (kind == SocketKind.Stream)
            {
                socket.Set(SOL_SOCKET, SO_REUSEADDR, 1);
            }

            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.Set(IPPROTO_IPV6, IPV6_V6ONLY, dualStack ? 0 : 1);
            }

            byte* name = stackalloc byte[SocketName.BytesMax];
            int length = SocketName.Write(local, new Span<byte>(name, SocketName.BytesMax));
            LinuxException.ThrowIfNegative(Libc.bind(socket.Descriptor.Number, name, (uint)length), "bind(2)", $"{kind} {local}");
            if (kind == SocketKind.Stream)
            {
                LinuxException.ThrowIfNegative(Libc.listen(socket.Descriptor.Number, backlog), "listen(2)", $"{local}");
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The address that it is bound to.</summary>
    public IPEndPoint LocalEndPoint
    {
        get
        {
            byte* name = stackalloc byte[SocketName.BytesMax];
            uint length = SocketName.BytesMax;
            LinuxException.ThrowIfNegative(Libc.getsockname(Descriptor.Number, name, &length), "getsockname(2)", $"socket {Descriptor.Number}");
            return SocketName.Read(new ReadOnlySpan<byte>(name, (int)Math.Min(length, SocketName.BytesMax)))
                ?? throw new LinuxException(Errno.EAFNOSUPPORT, "getsockname(2)", $"socket {Descriptor.Number}");
        }
    }

    /// <summary>The next connection that waits, or null with the error (EAGAIN: none waits).</summary>
    public NetworkSocket? Accept(out IPEndPoint? remote, out Errno error)
    {
        byte* name = stackalloc byte[SocketName.BytesMax];
        uint length = SocketName.BytesMax;
        int number = Libc.accept4(Descriptor.Number, name, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        error = number < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        remote = number < 0 ? null : SocketName.Read(new ReadOnlySpan<byte>(name, (int)Math.Min(length, SocketName.BytesMax)));
        return number < 0 ? null : new NetworkSocket(new Descriptor(number), _family);
    }

    /// <summary>Starts to connect: None when done at once, EINPROGRESS when the socket turns writable later (then ask <see cref="PendingError"/>).</summary>
    public Errno Connect(IPEndPoint remote)
    {
        byte* name = stackalloc byte[SocketName.BytesMax];
        int length = SocketName.Write(InFamily(remote), new Span<byte>(name, SocketName.BytesMax));
        return Libc.connect(Descriptor.Number, name, (uint)length) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
    }

    /// <summary>Takes the error that waits on the socket (SO_ERROR).</summary>
    public Errno PendingError()
    {
        int value = 0;
        uint length = sizeof(int);
        return Libc.getsockopt(Descriptor.Number, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? (Errno)value : (Errno)Marshal.GetLastPInvokeError();
    }

    /// <summary>For a relay: small writes go out at once, dead peers are noticed.</summary>
    public void SetRelayOptions()
    {
        Set(IPPROTO_TCP, TCP_NODELAY, 1);
        Set(SOL_SOCKET, SO_KEEPALIVE, 1);
    }

    /// <summary>Closing from now on resets the connection.</summary>
    public void ResetOnClose()
    {
        int* linger = stackalloc int[2];
        linger[0] = 1;
        linger[1] = 0;
        LinuxException.ThrowIfNegative(Libc.setsockopt(Descriptor.Number, SOL_SOCKET, SO_LINGER, linger, 2 * sizeof(int)), "setsockopt(2) SO_LINGER", $"socket {Descriptor.Number}");
    }

    /// <summary>Bytes received, 0 at the end of a stream, or a negative errno. A datagram longer than the buffer returns its true length.</summary>
    public int Receive(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count = Libc.recvfrom(Descriptor.Number, start, (nuint)buffer.Length, MSG_DONTWAIT, null, null);
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    /// <inheritdoc cref="Receive"/>
    public int ReceiveFrom(Span<byte> buffer, out IPEndPoint? remote)
    {
        byte* name = stackalloc byte[SocketName.BytesMax];
        uint length = SocketName.BytesMax;
        fixed (byte* start = buffer)
        {
            nint count = Libc.recvfrom(Descriptor.Number, start, (nuint)buffer.Length, MSG_DONTWAIT | MSG_TRUNC, name, &length);
            remote = count < 0 ? null : SocketName.Read(new ReadOnlySpan<byte>(name, (int)Math.Min(length, SocketName.BytesMax)));
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    /// <summary>Bytes taken, or a negative errno.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint count = Libc.sendto(Descriptor.Number, start, (nuint)bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL, null, 0);
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    /// <inheritdoc cref="Send"/>
    public int SendTo(ReadOnlySpan<byte> bytes, IPEndPoint remote)
    {
        byte* name = stackalloc byte[SocketName.BytesMax];
        int length = SocketName.Write(InFamily(remote), new Span<byte>(name, SocketName.BytesMax));
        fixed (byte* start = bytes)
        {
            nint count = Libc.sendto(Descriptor.Number, start, (nuint)bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL, name, (uint)length);
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    /// <summary>Ends what this side sends. A connection that is gone already is no error.</summary>
    public void ShutdownWrite() => _ = Libc.shutdown(Descriptor.Number, SHUT_WR);

    public void Dispose() => Descriptor.Dispose();

    /// <summary>A socket for both families wants IPv4 addresses mapped.</summary>
    private IPEndPoint InFamily(IPEndPoint endPoint) => _family == AddressFamily.InterNetworkV6 && endPoint.AddressFamily == AddressFamily.InterNetwork
        ? new IPEndPoint(endPoint.Address.MapToIPv6(), endPoint.Port)
        : endPoint;

    private void Set(int level, int name, int value) =>
        LinuxException.ThrowIfNegative(Libc.setsockopt(Descriptor.Number, level, name, &value, sizeof(int)), "setsockopt(2)", $"socket {Descriptor.Number}, option {level}/{name}");
}
