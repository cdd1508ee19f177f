using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Figment.Keeper.Balancing;
using Figment.Keeper.Boxes;
using Figment.Keeper.Learning;
using Figment.Keeper.Ledger;
using Figment.Keeper.Lifecycle;
using Figment.Linux.Memory;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Keeper.Tests.Lifecycle;

/// <summary>A keeper on real sockets in real namespaces; only the boxes are the test's.</summary>
internal sealed class KeeperBench : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _log = new();
    private readonly TextWriter _logWriter;
    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly Thread _thread;
    private readonly LedgerFile _ledger;
    private readonly SharedPage _generation;

    public KeeperBench(params MachineLaunch[] machines)
    {
        Launch = new ApplicationLaunch
        {
            Application = "bench",
            Epoch = 1,
            RuntimeDirectory = _folder.Path,
            StateDirectory = _folder.Path,
            BoxPath = "/nowhere",
            Tag = "abc123",
            Machines = machines,
        };
        Fabric.Apply(Launch);
        _ledger = LedgerFile.Open(_folder["ledger.jsonl"]);
        _generation = SharedPage.Open(_folder["generation"]);
        _logWriter = TextWriter.Synchronized(_log);
        var log = new Log(_logWriter, TimeProvider.System);
        var groups = new MachineGroups(Launch.Tag);
        Keeper = new ApplicationKeeper(Launch, new KeeperParts
        {
            Loop = _loop,
            Fabric = Fabric,
            Boxes = Boxes,
            Balancer = new ServiceBalancer(groups),
            Groups = groups,
            Ledger = _ledger,
            Learnt = LearntPorts.Open(_folder["learnt.json"], log.Write),
            Generation = _generation,
            Time = TimeProvider.System,
            Log = log,
        });
        Keeper.Begin([]);
        _thread = new Thread(_loop.Run) { IsBackground = true };
        _thread.Start();
    }

    public ApplicationLaunch Launch { get; }

    public NamespaceFabric Fabric { get; } = new();

    public PeerBoxes Boxes { get; } = new();

    public ApplicationKeeper Keeper { get; }

    public long Generation => _generation.Number;

    /// <summary>The ledger.</summary>
    public IReadOnlyList<MachineEvent> Events =>
        [.. File.ReadAllLines(_folder["ledger.jsonl"]).Select(line => JsonSerializer.Deserialize(line, LaunchJson.Default.MachineEvent)!)];

    public string LearntText => File.ReadAllText(_folder["learnt.json"]);

    public string Log
    {
        get
        {
            // The lock that its own methods take.
            lock (_logWriter)
            {
                return _log.ToString();
            }
        }
    }

    public static MachineLaunch Machine(string service, string address, params KnownPort[] ports) => new()
    {
        Name = service + "-1",
        Service = service,
        Number = 1,
        Revision = "r1",
        Hostname = service + "-1",
        Start = StartMode.OnDemand,
        Interfaces = [new InterfaceLaunch { Network = "default", Address = address }],
        Ports = ports,
        Program = new ProgramLaunch { Arguments = ["/bin/true"] },
        Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "/nonexistent/figment-overlay/" + service },
    };

    public static KnownPort Tcp(int port, ListenFamily family = ListenFamily.Unknown) => new() { Port = port, Protocol = TransportProtocol.Tcp, Family = family };

    public static KnownPort Udp(int port) => new() { Port = port, Protocol = TransportProtocol.Udp };

    public KeeperReply Ask(KeeperRequest request)
    {
        var reply = Keeper.Ask(request);
        Assert.True(reply.Wait(Limit), $"no answer to {request}; log:\n{Log}");
        return reply.Result;
    }

    public MachineStatus Status(string machine) => Ask(new KeeperRequest.Status()).Machines!.Single(status => status.Machine == machine);

    public MachineStatus AwaitState(string machine, MachineState state)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var status = Status(machine);
            if (status.State == state)
            {
                return status;
            }

            Assert.True(clock.Elapsed < Limit, $"{machine} is {status.State}, not {state}; log:\n{Log}");
            Thread.Yield();
        }
    }

    /// <summary>Connects within a machine's namespace, from one address to another.</summary>
    public Socket Connect(string inMachine, string from, string to, int port) => Fabric.In(inMachine, () =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.Connect(IPAddress.Parse(to), port);
        return socket;
    });

    public void Dispose()
    {
        _loop.Stop();
        Assert.True(_thread.Join(Limit), "the loop does not end");
        Keeper.Dispose();
        _loop.Dispose();
        _ledger.Dispose();
        _generation.Dispose();
        Fabric.Dispose();
        _folder.Dispose();
    }
}
