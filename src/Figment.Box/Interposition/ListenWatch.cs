using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Interposition;

/// <summary>
/// Reports each socket that serves once: a TCP socket that listens, a UDP socket whose bind, which the kernel performs after our answer, did succeed. The trap thread only.
/// </summary>
internal sealed class ListenWatch(Action<BoxMessage.Listening> report, TimeProvider time)
{
    /// <summary>A call that has not happened by then has failed.</summary>
    private static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    /// <summary>Each holds a descriptor.</summary>
    private const int WatchedMax = 256;

    /// <summary>Names of sockets kept; a program that binds more anew is reported twice for some.</summary>
    private const int SocketsMax = 4096;

    /// <summary>
    /// Programs that ask (DNS resolvers, clients) bind UDP sockets to random ports of the range from which the kernel chooses (net.ipv4.ip_local_port_range): those are no services.
    /// </summary>
    private const int EphemeralPortMin = 32_768;

    private readonly List<Watched> _watched = [];
    private readonly HashSet<ulong> _boundByName = [];
    private readonly HashSet<ulong> _placeholders = [];
    private readonly HashSet<ulong> _reported = [];
    private readonly HashSet<(int, TransportProtocol)> _reportedPorts = [];

    /// <summary>The program chose the port itself, so the socket is a service's; one that was given a port by the kernel is not.</summary>
    public void BoundByName(Descriptor socket) => Remember(_boundByName, InternetSocket.Cookie(socket));

    /// <summary>A placeholder was put in the place of the program's socket.</summary>
    public void PlaceholderTaken(Placeholder placeholder)
    {
        ulong cookie = InternetSocket.Cookie(placeholder.Socket);
        Remember(_boundByName, cookie);
        Remember(_placeholders, cookie);
        if (placeholder.Protocol == TransportProtocol.Udp)
        {
            Report(placeholder.Socket, TransportProtocol.Udp);
        }
    }

    /// <summary>It listens for the kernel, and not yet for the program.</summary>
    public bool IsEarly(Descriptor socket) => InternetSocket.Cookie(socket) is var cookie && _placeholders.Contains(cookie) && !_reported.Contains(cookie);

    /// <summary>A TCP socket listens from now on.</summary>
    public void Listening(Descriptor socket)
    {
        if (_boundByName.Contains(InternetSocket.Cookie(socket)))
        {
            Report(socket, TransportProtocol.Tcp);
        }
    }

    /// <summary>Watches a UDP socket whose bind was let go on.</summary>
    /// <param name="socket">Owned from now on.</param>
    public void Watch(Descriptor socket)
    {
        if (_watched.Count >= WatchedMax || !_boundByName.Contains(InternetSocket.Cookie(socket)))
        {
            socket.Dispose();
            return;
        }

        _watched.Add(new Watched(socket, time.GetTimestamp() + Ticks(WatchTime)));
    }

    /// <summary>What served is no more: whatever comes is said anew.</summary>
    public void Forget()
    {
        _boundByName.Clear();
        _placeholders.Clear();
        _reported.Clear();
        _reportedPorts.Clear();
    }

    /// <summary>Looks at all watched; returns when to come again, as a timestamp.</summary>
    public long? Check(long now)
    {
        // In the order of the calls: the report of a service's first socket comes before that of its sibling.
        for (int index = 0; index < _watched.Count;)
        {
            var watched = _watched[index];
            bool done = InternetSocket.LocalEndpoint(watched.Socket) is { Port: not 0 };
            if (done)
            {
                Report(watched.Socket, TransportProtocol.Udp);
            }

            if (done || watched.Deadline <= now)
            {
                watched.Socket.Dispose();
                _watched.RemoveAt(index);
            }
            else
            {
                index++;
            }
        }

        return _watched.Count > 0 ? now + Ticks(Interval) : null;
    }

    private void Report(Descriptor socket, TransportProtocol protocol)
    {
        ulong cookie = InternetSocket.Cookie(socket);
        if (InternetSocket.LocalEndpoint(socket) is not { } endpoint || _reported.Contains(cookie))
        {
            return;
        }

        bool placeholder = _placeholders.Contains(cookie);
        if (protocol == TransportProtocol.Udp && !placeholder && endpoint.Port >= EphemeralPortMin)
        {
            return;
        }

        Remember(_reported, cookie);
        var family = !endpoint.IsVersion6 ? ListenFamily.Ipv4 : InternetSocket.IsVersion6Only(socket) ? ListenFamily.Unknown : ListenFamily.DualStack;

        // The IPv6 sibling of a socket that was seen teaches nothing.
        if (family == ListenFamily.Unknown && _reportedPorts.Contains((endpoint.Port, protocol)))
        {
            return;
        }

        _reportedPorts.Add((endpoint.Port, protocol));
        report(new BoxMessage.Listening { Port = endpoint.Port, Protocol = protocol, Family = family, Loopback = endpoint.IsLoopback, Placeholder = placeholder });
    }

    private static void Remember(HashSet<ulong> cookies, ulong cookie)
    {
        if (cookies.Count >= SocketsMax)
        {
            cookies.Clear();
        }

        cookies.Add(cookie);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private readonly record struct Watched(Descriptor Socket, long Deadline);
}
