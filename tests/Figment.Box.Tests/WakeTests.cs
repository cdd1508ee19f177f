using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Box.Tests.Harness;
using Figment.Linux.Sockets;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Tests;

/// <summary>A client is there first; then the program is started and finds it in its queue.</summary>
public sealed class WakeTests : IDisposable
{
    /// <summary>Answers each connection with the client's address as it sees it.</summary>
    private const string EchoPeer = """
        import socket, sys
        family = socket.AF_INET6 if sys.argv[1] == '6' else socket.AF_INET
        s = socket.socket(family, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind((sys.argv[2], int(sys.argv[3])))
        s.listen(16)
        while True:
            c, peer = s.accept()
            data = c.recv(100)
            c.sendall(peer[0].encode() + b' ' + data)
            c.close()
        """;

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Memcached_finds_the_connection_that_was_there_before_it()
    {
        var placeholder = _network.Placeholder(11211);
        using var client = _network.Connect(11211);

        using var box = Start(TestMachines.Host("memcached", "-u", "root", "-p", "11211"), 11211, placeholder);

        Assert.StartsWith("VERSION ", client.Ask("version\r\n", "\r\n"), StringComparison.Ordinal);
        var listening = box.Expect<BoxMessage.Listening>();
        Assert.Equal((11211, TransportProtocol.Tcp, ListenFamily.Ipv4, false, true), (listening.Port, listening.Protocol, listening.Family, listening.Loopback, listening.Placeholder));
        using var second = _network.Connect(11211);
        Assert.StartsWith("VERSION ", second.Ask("version\r\n", "\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Redis_serves_both_families_on_one_placeholder()
    {
        var placeholder = _network.Placeholder(6379);
        using var client = _network.Connect(6379);

        using var box = Start(TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"), 6379, placeholder);

        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        var ipv6 = _network.InClient(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
            socket.Connect("fd00:213::2", 6379);
            return socket;
        });
        using (ipv6)
        {
            Assert.Equal("+PONG\r\n", ipv6.Ask("PING\r\n", "\r\n"));
        }
    }

    [Fact]
    public void Nginx_serves_with_its_workers()
    {
        var placeholder = _network.Placeholder(8080);
        using var client = _network.Connect(8080);
        string config = "daemon off; error_log /dev/stderr; pid /tmp/nginx.pid; events {} http { access_log off; server { listen 8080; return 200 hello; } }";

        using var box = Start(TestMachines.Script($"printf '%s' '{config}' > /tmp/nginx.conf; exec nginx -c /tmp/nginx.conf"), 8080, placeholder);

        Assert.EndsWith("hello", client.Ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "hello"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_python_server_sees_the_client_s_own_address()
    {
        var placeholder = _network.Placeholder(9000);
        using var client = _network.Connect(9000, TestNetwork.OtherAddress);

        using var box = Start(TestMachines.Host("/usr/bin/python3", "-c", EchoPeer, "4", "0.0.0.0", "9000"), 9000, placeholder);

        Assert.Equal($"{TestNetwork.OtherAddress} hi", client.Ask("hi", "hi"));
    }

    /// <summary>From there its packets would be taken for the client's, whose connection the box holds.</summary>
    [Fact]
    public void A_relay_does_not_take_the_client_s_own_port()
    {
        var placeholder = _network.Placeholder(9000);
        using var client = _network.Connect(9000);
        int own = ((IPEndPoint)client.LocalEndPoint!).Port;
        _network.InMachine(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_local_port_range", $"{own - 1} {own}");
            return 0;
        });

        using var box = Start(TestMachines.Host("/usr/bin/python3", "-c", EchoPeer, "6", "::", "9000"), 9000, placeholder);

        Assert.Equal($"::ffff:{TestNetwork.ClientAddress} hi", client.Ask("hi", "hi"));
    }

    /// <summary>It asks whether its socket listens already (SO_ACCEPTCONN), and calls listen only if not. With <c>-W</c> a worker gets the listener of its master.</summary>
    [Theory]
    [InlineData("-db")]
    [InlineData("-db", "-W")]
    public void Haproxy_listens_though_its_placeholder_does_already(params string[] options)
    {
        var placeholder = _network.Placeholder(8080);
        using var client = _network.Connect(8080);
        string config = "defaults\n mode http\n timeout connect 9s\n timeout client 9s\n timeout server 9s\nfrontend f\n bind :8080\n http-request return status 200 content-type text/plain string hello\n";

        using var box = Start(TestMachines.Script($"printf '{config}' > /tmp/haproxy.cfg; exec haproxy {string.Join(' ', options)} -f /tmp/haproxy.cfg"), 8080, placeholder);

        Assert.EndsWith("hello", client.Ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "hello"), StringComparison.Ordinal);
        var listening = box.Expect<BoxMessage.Listening>();
        Assert.Equal((8080, ListenFamily.Ipv4, true), (listening.Port, listening.Family, listening.Placeholder));
    }

    [Fact]
    public void A_program_that_asks_is_told_that_its_socket_listens_when_it_said_so()
    {
        const string Asking = """
            import ctypes, socket
            libc = ctypes.CDLL(None, use_errno=True)
            def ask(s, value, length):
                result = libc.getsockopt(s.fileno(), socket.SOL_SOCKET, socket.SO_ACCEPTCONN, value, length)
                return 'error %d' % ctypes.get_errno() if result else '%d of %d' % (value[0], length._obj.value)
            def answers(s):
                for room in -1, 0, 1, 4, 100:
                    yield ask(s, (ctypes.c_int * 1)(7), ctypes.byref(ctypes.c_int(room)))
                yield 'error %d' % (libc.getsockopt(s.fileno(), socket.SOL_SOCKET, socket.SO_ACCEPTCONN, ctypes.c_void_p(8), ctypes.byref(ctypes.c_int(4))) and ctypes.get_errno())
                yield 'error %d' % (libc.getsockopt(s.fileno(), socket.SOL_SOCKET, socket.SO_ACCEPTCONN, (ctypes.c_int * 1)(7), ctypes.c_void_p(8)) and ctypes.get_errno())
            s = socket.socket()
            s.bind(('', 9000))
            said = ', '.join(answers(s))
            s.listen(16)
            said += ' then ' + ', '.join(answers(s))
            c, _ = s.accept()
            c.sendall((said + '\n').encode())
            """;
        var placeholder = _network.Placeholder(9000);
        using var client = _network.Connect(9000);

        using var box = Start(TestMachines.Host("/usr/bin/python3", "-c", Asking), 9000, placeholder);

        Assert.Equal(
            "error 22, 7 of 0, 0 of 1, 0 of 4, 0 of 4, error 14, error 14 then error 22, 7 of 0, 1 of 1, 1 of 4, 1 of 4, error 14, error 14\n", client.Ask("", "\n"));
    }

    [Fact]
    public void A_dual_stack_server_takes_a_dual_stack_placeholder()
    {
        var placeholder = _network.Placeholder(9000, dualStack: true);
        using var client = _network.Connect(9000);

        using var box = Start(TestMachines.Host("/usr/bin/python3", "-c", EchoPeer, "6", "::", "9000"), 9000, placeholder);

        Assert.Equal($"::ffff:{TestNetwork.ClientAddress} hi", client.Ask("hi", "hi"));
        var listening = box.Expect<BoxMessage.Listening>();
        Assert.Equal((ListenFamily.DualStack, true), (listening.Family, listening.Placeholder));
    }

    [Theory]
    [InlineData("6", "::", "::ffff:10.213.0.3")]
    [InlineData("4", "10.213.0.2", "10.213.0.3")]
    public void A_server_of_another_kind_is_relayed_what_waited(string family, string address, string seen)
    {
        var placeholder = _network.Placeholder(9000);
        using var first = _network.Connect(9000, TestNetwork.OtherAddress);
        using var second = _network.Connect(9000, TestNetwork.OtherAddress);

        using var box = Start(TestMachines.Host("/usr/bin/python3", "-c", EchoPeer, family, address, "9000"), 9000, placeholder);

        Assert.Equal($"{seen} one", first.Ask("one", "one"));
        Assert.Equal($"{seen} two", second.Ask("two", "two"));
        Assert.Equal("", first.ReadToEnd());
        var listening = box.Expect<BoxMessage.Listening>();
        Assert.Equal((family == "6" ? ListenFamily.DualStack : ListenFamily.Ipv4, false), (listening.Family, listening.Placeholder));
        using var third = _network.Connect(9000, TestNetwork.OtherAddress);
        Assert.Equal($"{seen} three", third.Ask("three", "three"));
    }

    [Fact]
    public void A_server_for_itself_closes_the_placeholder()
    {
        var placeholder = _network.Placeholder(9000);
        using var client = _network.Connect(9000);

        using var box = Start(TestMachines.Host("/usr/bin/python3", "-c", EchoPeer, "4", "127.0.0.1", "9000"), 9000, placeholder);

        Assert.Equal(9000, box.Expect<BoxMessage.PlaceholderClosed>().Port);
        Assert.True(box.Expect<BoxMessage.Listening>().Loopback);
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => client.ReadToEnd()).SocketErrorCode);
    }

    [Fact]
    public void A_placeholder_that_nobody_takes_is_closed_after_the_settle_time()
    {
        var (taken, left) = (_network.Placeholder(9000), _network.Placeholder(9001));
        using var client = _network.Connect(9001);

        using var box = TestBox.Start(
            _network, TestMachines.Host("/usr/bin/python3", "-c", EchoPeer, "4", "0.0.0.0", "9000"), [(TestMachines.Tcp(9000), taken), (TestMachines.Tcp(9001), left)]);

        Assert.Equal(9001, box.Expect<BoxMessage.PlaceholderClosed>().Port);
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => client.ReadToEnd()).SocketErrorCode);
    }

    [Fact]
    public void A_datagram_that_waited_is_answered()
    {
        var placeholder = _network.Placeholder(9053, udp: true);
        using var client = _network.Datagrams(9053);
        client.Send("ping"u8);

        using var box = TestBox.Start(_network, TestMachines.Host("socat", "UDP4-RECVFROM:9053,fork", "EXEC:/bin/cat"), [(TestMachines.Udp(9053), placeholder)]);

        byte[] buffer = new byte[100];
        Assert.Equal("ping", Encoding.ASCII.GetString(buffer, 0, client.Receive(buffer)));
        var listening = box.Expect<BoxMessage.Listening>();
        Assert.Equal((TransportProtocol.Udp, true), (listening.Protocol, listening.Placeholder));
    }

    /// <summary>A DNS server answers from the interface (IP_PKTINFO, 8) that a query came in on, and ignores a query of which it is not told that; others are told of nothing that they did not ask for.</summary>
    [Theory]
    [InlineData("server.setsockopt(socket.IPPROTO_IP, 8, 1)", "server.bind(('0.0.0.0', 9053))", "eth0")]
    [InlineData("server.bind(('0.0.0.0', 9053))", "server.setsockopt(socket.IPPROTO_IP, 8, 1)", "eth0")]
    [InlineData("server.bind(('0.0.0.0', 9053))", "", "not told")]
    public void Who_asks_where_a_datagram_came_in_is_told_it_of_one_that_waited(string first, string second, string expected)
    {
        var placeholder = _network.Placeholder(9053, udp: true);
        using var client = _network.Datagrams(9053);
        client.Send("where"u8);

        string script = $"""
            import socket, struct
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            {first}
            {second}
            _, told, _, client = server.recvmsg(100, 200)
            server.sendto((socket.if_indextoname(struct.unpack('i', told[0][2][:4])[0]) if told else 'not told').encode(), client)
            """;
        using var box = TestBox.Start(_network, TestMachines.Host("/usr/bin/python3", "-c", script), [(TestMachines.Udp(9053), placeholder)]);

        byte[] buffer = new byte[100];
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, client.Receive(buffer)));
        Assert.True(box.Expect<BoxMessage.Listening>().Placeholder);
    }

    [Fact]
    public void A_datagram_is_sent_on_to_a_socket_of_another_kind()
    {
        var placeholder = _network.Placeholder(9053, udp: true);
        using var client = _network.Datagrams(9053);
        client.Send("ping"u8);

        using var box = TestBox.Start(_network, TestMachines.Host("socat", $"UDP4-RECVFROM:9053,bind={TestNetwork.MachineAddress},fork", "EXEC:/bin/cat"), [(TestMachines.Udp(9053), placeholder)]);

        byte[] buffer = new byte[100];
        Assert.Equal("ping", Encoding.ASCII.GetString(buffer, 0, client.Receive(buffer)));
        Assert.False(box.Expect<BoxMessage.Listening>().Placeholder);
    }

    [Fact]
    public void A_placeholder_made_while_the_machine_starts_is_taken_too()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/bin/sh", "-c", "read line; exec /usr/bin/python3 -c \"$0\" 4 0.0.0.0 9000", EchoPeer) is var machine
            ? machine with { Program = machine.Program with { StdinOpen = true } } : null!);
        box.Expect<BoxMessage.Started>();
        using (var parcel = Parcel.Pack([_network.Placeholder(9000)]))
        {
            box.Send(new BoxMessage.NewPlaceholder { Port = 9000, Protocol = TransportProtocol.Tcp, Family = ListenFamily.Ipv4 }, parcel.Number);
        }

        using var client = _network.Connect(9000);
        using var attached = StreamClient.Attach(box, input: true);
        attached.Send(0, "go\n"u8);

        Assert.Equal($"{TestNetwork.ClientAddress} hi", client.Ask("hi", "hi"));
        Assert.True(box.Expect<BoxMessage.Listening>().Placeholder);
    }

    private TestBox Start(MachineLaunch machine, int port, Figment.Linux.Files.Descriptor placeholder) =>
        TestBox.Start(_network, machine, [(TestMachines.Tcp(port), placeholder)]);
}
