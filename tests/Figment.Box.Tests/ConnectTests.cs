using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Specs;

namespace Figment.Box.Tests;

/// <summary>A machine's program connects to other machines of its application.</summary>
public sealed class ConnectTests : IDisposable
{
    /// <summary>Connects for each line that it reads, and says how that went.</summary>
    private const string Connector = """
        import socket, sys, time
        for line in sys.stdin:
            host, port = line.split()
            s = socket.socket()
            start = time.monotonic()
            try:
                s.connect((host, int(port)))
                print('connected', port, flush=True)
            except OSError as error:
                print(error.strerror, port, flush=True)
        """;

    private readonly TestNetwork _network = new();
    private readonly Socket _server;
    private readonly TestBox _box;
    private readonly StreamClient _input;
    private readonly int _pid;

    public ConnectTests()
    {
        _server = _network.InClient(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Any, 7000));
            socket.Listen(10);
            return socket;
        });
        var machine = TestMachines.Host("/usr/bin/python3", "-c", Connector);
        _box = TestBox.Start(_network, machine with { Program = machine.Program with { StdinOpen = true } });
        _pid = _box.Expect<BoxMessage.Started>().Pid;
        _input = StreamClient.Attach(_box, input: true);
    }

    public void Dispose()
    {
        _input.Dispose();
        _box.Dispose();
        _server.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void A_connect_waits_until_it_is_granted_and_is_not_asked_again_in_that_generation()
    {
        Connect(TestNetwork.OtherAddress, 7000);
        var wanted = _box.Expect<BoxMessage.Wanted>();
        Assert.Equal((TestNetwork.OtherAddress, 7000, TransportProtocol.Tcp), (wanted.Address, wanted.Port, wanted.Protocol));
        Assert.Empty(_box.Log);

        _box.Send(new BoxMessage.Granted { Id = wanted.Id });
        WaitFor("connected 7000", 1);
        Connect(TestNetwork.OtherAddress, 7000);
        WaitFor("connected 7000", 2);
        Assert.Empty(_box.Rest().OfType<BoxMessage.Wanted>());

        _box.SetGeneration(1);
        Connect(TestNetwork.OtherAddress, 7000);
        _box.Send(new BoxMessage.Granted { Id = _box.Expect<BoxMessage.Wanted>().Id });
        WaitFor("connected 7000", 3);
    }

    [Fact]
    public void Gateways_the_machine_itself_and_the_world_are_nobody_s_business()
    {
        Connect(TestNetwork.ClientAddress, 7000);
        Connect(TestNetwork.MachineAddress, 7001);
        Connect("127.0.0.1", 7002);
        Connect("192.0.2.1", 7003);

        Wait.Until(() => _box.Log.Count == 4, $"four answers: {string.Join(", ", _box.Log)}");
        Assert.Equal(["connected 7000", "Connection refused 7001", "Connection refused 7002", "Network is unreachable 7003"], _box.Log);
        Assert.Empty(_box.Rest().OfType<BoxMessage.Wanted>());
    }

    [Fact]
    public void Without_a_keeper_a_connect_goes_on_after_a_short_wait_and_a_new_keeper_is_told_all()
    {
        _box.CloseKeeper();
        Connect(TestNetwork.OtherAddress, 7000);
        WaitFor("connected 7000", 1);

        var keeper = _box.Follow(Figment.Linux.Unix.UnixListener.Connect(Path.Combine(_box.RuntimeDirectory, "box.sock")));
        keeper.Send<BoxMessage>(new BoxMessage.Hello { Epoch = 1 }, ControlJson.Default.BoxMessage);
        var report = _box.Expect<BoxMessage.Report>();
        Assert.Equal(("web-1", _box.BoxPid, "r1", false), (report.Machine, report.BoxPid, report.Revision, report.HasListened));
        Connect(TestNetwork.OtherAddress, 7001);
        _box.Send(new BoxMessage.Granted { Id = _box.Expect<BoxMessage.Wanted>().Id });
        WaitFor("Connection refused 7001", 1);
        _box.Send(new BoxMessage.SignalProgram { Signal = 9 });
        Assert.Equal(137, _box.ExpectExit().ExitCode);
    }

    [Fact]
    public void A_keeper_of_an_older_epoch_is_refused()
    {
        var keeper = Figment.Linux.Unix.UnixListener.Connect(Path.Combine(_box.RuntimeDirectory, "box.sock"));
        using var channel = new Figment.Linux.Sockets.LineChannel(keeper, ControlJson.LineBytesMax);
        channel.Send<BoxMessage>(new BoxMessage.Hello { Epoch = 0 }, ControlJson.Default.BoxMessage);

        Assert.Null(channel.Receive(ControlJson.Default.BoxMessage, out _));
    }

    [Fact]
    public void A_box_that_is_killed_takes_its_program_with_it()
    {
        Assert.True(Directory.Exists($"/proc/{_pid}"));

        _box.Kill();

        Wait.Until(() => !Directory.Exists($"/proc/{_pid}"), "the program is gone");
    }

    private void Connect(string address, int port) => _input.Send(0, System.Text.Encoding.ASCII.GetBytes($"{address} {port}\n"));

    private void WaitFor(string line, int times) =>
        Wait.Until(() => _box.Log.Count(entry => entry == line) == times, $"{times} times '{line}': {string.Join(", ", _box.Log)}");
}
