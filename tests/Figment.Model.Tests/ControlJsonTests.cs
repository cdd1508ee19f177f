using System.Text.Json;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Model.Tests;

/// <summary>The lines between processes: an upgrade adopts keepers and boxes that speak the older text, so it is held here.</summary>
public sealed class ControlJsonTests
{
    [Fact]
    public void A_request_is_told_by_its_do() =>
        Assert.Equal(
            """{"do":"stop","machine":"web-1","signal":2,"graceMs":5000,"toImaginary":true}""",
            JsonSerializer.Serialize<KeeperRequest>(
                new KeeperRequest.Stop { Machine = "web-1", Signal = 2, GraceMs = 5000, ToImaginary = true }, ControlJson.Default.KeeperRequest));

    [Fact]
    public void A_box_message_is_told_by_its_is() =>
        Assert.Equal(
            """{"is":"listening","port":6379,"protocol":"Tcp","family":"DualStack","loopback":false,"placeholder":true}""",
            JsonSerializer.Serialize<BoxMessage>(
                new BoxMessage.Listening { Port = 6379, Protocol = TransportProtocol.Tcp, Family = ListenFamily.DualStack, Loopback = false, Placeholder = true },
                ControlJson.Default.BoxMessage));

    [Theory]
    [InlineData("""{"do":"status"}""", typeof(KeeperRequest.Status))]
    [InlineData("""{"do":"start","machine":"a-1","wait":true}""", typeof(KeeperRequest.Start))]
    [InlineData("""{"do":"down","graceMs":0}""", typeof(KeeperRequest.Down))]
    public void A_request_is_read_back_as_its_own_type(string line, Type type) =>
        Assert.IsType(type, JsonSerializer.Deserialize(line, ControlJson.Default.KeeperRequest));

    [Theory]
    [InlineData("""{"do":"explode"}""")]
    [InlineData("""{"machine":"a-1"}""")]
    [InlineData("""{"do":"start"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"do":"stop","machine":7}""")]
    public void A_line_that_is_no_request_is_refused(string line) =>
        Assert.ThrowsAny<Exception>(() => JsonSerializer.Deserialize(line, ControlJson.Default.KeeperRequest));

    [Fact]
    public void A_status_comes_back_as_it_was()
    {
        var reply = new KeeperReply
        {
            Epoch = 3,
            Machines =
            [
                new MachineStatus
                {
                    Machine = "redis-1",
                    Service = "redis",
                    State = MachineState.Running,
                    Since = DateTimeOffset.UnixEpoch,
                    Pid = 4711,
                    Ports = [new KnownPort { Port = 6379, Protocol = TransportProtocol.Tcp, Family = ListenFamily.Ipv4 }],
                    Cgroups = new Dictionary<string, string> { ["memory"] = "/sys/fs/cgroup/memory/figment/aabbcc/redis-1" },
                },
            ],
        };

        var back = JsonSerializer.Deserialize(JsonSerializer.Serialize(reply, ControlJson.Default.KeeperReply), ControlJson.Default.KeeperReply);

        var machine = Assert.Single(back!.Machines!);
        Assert.Equal(MachineState.Running, machine.State);
        Assert.Equal(4711, machine.Pid);
        Assert.Equal(reply.Machines[0].Ports, machine.Ports);
        Assert.Equal(reply.Machines[0].Cgroups, machine.Cgroups);
        Assert.Equal(3, back.Epoch);
    }

    [Fact]
    public void A_launch_file_comes_back_as_it_was()
    {
        var launch = new ApplicationLaunch
        {
            Application = "shop",
            Epoch = 1,
            RuntimeDirectory = "/run/figment/apps/shop",
            StateDirectory = "/var/lib/figment/apps/shop",
            BoxPath = "/usr/lib/figment/figment-box",
            Tag = "0a1b2c",
            Networks = [new NetworkLaunch { Name = "default", Index = 0, Subnet = "10.210.0.0/24", Gateway = "10.210.0.1", Uplink = "10.211.0.0/30" }],
            Machines =
            [
                new MachineLaunch
                {
                    Name = "web-1",
                    Service = "web",
                    Number = 1,
                    Revision = "r1",
                    Hostname = "web-1",
                    Start = StartMode.OnDemand,
                    Program = new ProgramLaunch { Arguments = ["nginx", "-g", "daemon off;"] },
                    Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "/var/lib/figment/apps/shop/machines/web-1", Host = true },
                    Interfaces = [new InterfaceLaunch { Network = "default", Address = "10.210.0.2", Aliases = ["www"] }],
                },
            ],
        };

        string text = JsonSerializer.Serialize(launch, LaunchJson.Default.ApplicationLaunch);
        var back = JsonSerializer.Deserialize(text, LaunchJson.Default.ApplicationLaunch)!;

        Assert.Equal(text, JsonSerializer.Serialize(back, LaunchJson.Default.ApplicationLaunch));
        Assert.Equal("daemon off;", back.Machines[0].Program.Arguments[2]);
        Assert.Equal(2_000, back.Machines[0].SettleMs);
        Assert.DoesNotContain("span", text, StringComparison.Ordinal);
        Assert.DoesNotContain("node", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_launch_file_that_spans_nodes_is_read_and_one_from_before_does_not()
    {
        const string Old = """{"application":"shop","epoch":1,"runtimeDirectory":"/r","stateDirectory":"/s","boxPath":"/b","tag":"0a1b2c","networks":[{"name":"default","index":0,"subnet":"10.210.0.0/24","gateway":"10.210.0.1","uplink":"10.211.0.0/30"}]}""";
        const string Span = """ "span":{"node":"a","address":"192.0.2.1","port":4789,"home":"b","peers":[{"node":"b","address":"192.0.2.2"}]},""";
        var old = JsonSerializer.Deserialize(Old, LaunchJson.Default.ApplicationLaunch)!;
        var spanning = JsonSerializer.Deserialize(Old.Insert(1, Span), LaunchJson.Default.ApplicationLaunch)!;

        Assert.Null(old.Span);
        Assert.Equal(0, old.Networks[0].Vni);
        Assert.Equal(("a", "192.0.2.1", 4789, "b"), (spanning.Span!.Node, spanning.Span.Address, spanning.Span.Port, spanning.Span.Home));
        Assert.Equal([new PeerLaunch { Node = "b", Address = "192.0.2.2" }], spanning.Span.Peers);
    }
}
