using Figment.Migration.Snapshots;
using Figment.Model;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Errors;
using Figment.Node.Moves;
using Figment.Node.Planning;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Moves;

/// <summary>One application at two nodes: each has the same machines, addresses and networks, and its own part of them.</summary>
public sealed class PlacementTests
{
    private static readonly Placement Two = new()
    {
        Home = "home",
        Nodes = new Dictionary<string, string> { ["home"] = "192.0.2.1", ["other"] = "192.0.2.2" },
        Networks = new Dictionary<string, int> { ["default"] = 77 },
    };

    [Fact]
    public void Each_node_sees_the_machines_of_the_others_as_elsewhere()
    {
        var placement = Two.With("web-1", "other", 5);
        var launch = Launch();
        var home = placement.Apply(launch, "home");
        var other = placement.Apply(launch, "other");
        Assert.Equal([("db-1", null), ("web-1", "other")], home.Machines.Select(machine => (machine.Name, machine.Node)));
        Assert.Equal([("db-1", "home"), ("web-1", null)], other.Machines.Select(machine => (machine.Name, machine.Node)));
        Assert.Equal(("192.0.2.2", "home", "192.0.2.1"), (other.Span!.Address, other.Span.Home, Assert.Single(other.Span.Peers).Address));
        Assert.Equal(77, Assert.Single(home.Networks).Vni);
        Assert.Equal((5, 0), (placement.EpochOf("web-1"), placement.EpochOf("db-1")));
        Assert.True(placement.Has("other"));
        Assert.False(placement.With("web-1", "home", 6).Has("other"));
    }

    [Fact]
    public void A_placement_is_read_as_it_was_written_and_damage_is_told()
    {
        using var folder = new TemporaryFolder();
        var places = new Figment.Model.Places { RuntimeDirectory = Path.Combine(folder.Path, "run"), StateDirectory = Path.Combine(folder.Path, "state") };
        Assert.Null(PlacementFile.Read(places, "shop"));
        PlacementFile.Write(places, "shop", Two.With("web-1", "other", 5));
        var read = PlacementFile.Read(places, "shop")!;
        Assert.Equal(("home", "other", 5), (read.Home, read.NodeOf("web-1"), read.EpochOf("web-1")));
        File.WriteAllText(Path.Combine(places.ApplicationState("shop"), "placement.json"), "{");
        Assert.Contains("does not say where the machines of shop are", Assert.Throws<NodeException>(() => PlacementFile.Read(places, "shop")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Away_from_home_there_are_no_published_ports_and_no_folders()
    {
        var spec = Specs.Application(Specs.Service("web") with
        {
            Ports = [new PublishedPortSpec { Target = 80, Published = 8080, PublishedEnd = 8080 }],
            Mounts = [new MountSpec { Kind = MountKind.Bind, Source = "/nowhere", Target = "/srv" }],
        });
        var placement = new Placement { Home = "elsewhere", Nodes = new Dictionary<string, string> { ["elsewhere"] = "192.0.2.1", [Specs.Options.NodeName] = "192.0.2.2" }, Others = [Machine("db")] };
        var plan = LaunchPlanner.Plan(Specs.Input(spec) with { Placement = placement });
        Assert.Empty(plan.Folders);
        Assert.Equal([("db-1", 0), ("web-1", 0)], plan.Launch.Machines.Select(machine => (machine.Name, machine.Published.Count)));
        Assert.All(plan.Launch.Machines, machine => Assert.Equal("elsewhere", machine.Node));
    }

    [Fact]
    public void Away_from_home_a_service_depends_on_one_that_is_there()
    {
        var spec = Specs.Application(Specs.Service("web") with { DependsOn = [new DependencySpec { Service = "db" }] });
        var placement = new Placement { Home = "elsewhere", Nodes = new Dictionary<string, string> { ["elsewhere"] = "192.0.2.1", [Specs.Options.NodeName] = "192.0.2.2" } };

        var plan = LaunchPlanner.Plan(Specs.Input(spec) with { Placement = placement with { Others = [Machine("db")] } });

        Assert.Equal("db", Assert.Single(plan.Launch.Machines.Single(machine => machine.Name == "web-1").DependsOn).Service);
        Assert.Contains("depends on db, which the application does not have", Assert.ThrowsAny<Exception>(() => LaunchPlanner.Plan(Specs.Input(spec) with { Placement = placement })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a volume", null)]
    [InlineData("a volume that another has", "api-1 has the volume at /data too")]
    [InlineData("a part of a volume", "is a folder of this node, or a part of a volume")]
    [InlineData("a folder", "is a folder of this node that it may write to")]
    [InlineData("a folder read-only", null)]
    [InlineData("a config", null)]
    [InlineData("elastic", "is elastic")]
    [InlineData("one-off", "made by figment run")]
    public void What_binds_a_machine_to_its_node_is_named(string what, string? complaint)
    {
        var machine = Machine("web") with { Interfaces = [new InterfaceLaunch { Network = "default", Address = "10.0.0.2" }] };
        var volume = new MountLaunch { Kind = MountKind.Volume, Source = "/state/volumes/shop_data", Target = "/data" };
        machine = what switch
        {
            "a volume" or "a volume that another has" => machine with { Mounts = [volume] },
            "a part of a volume" => machine with { Mounts = [volume with { Source = "/state/volumes/shop_data/part" }] },
            "a folder" => machine with { Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = "/etc", Target = "/data" }] },
            "a folder read-only" => machine with { Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = "/etc", Target = "/data", ReadOnly = true }] },
            "a config" => machine with { Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = "/run/shop/files/config-a", Target = "/data", ReadOnly = true }] },
            "elastic" => machine with { Elastic = new ElasticSpec { Max = 2 } },
            _ => machine with { OneOff = true },
        };
        var other = Machine("api") with { Mounts = what == "a volume that another has" ? [volume] : [] };
        string? found = MoveRules.Complaint("shop", machine, [new("shop", machine), new("shop", other)], new Places { RuntimeDirectory = "/run", StateDirectory = "/state" });
        Assert.True(complaint is null ? found is null : found!.Contains(complaint, StringComparison.Ordinal), found);
    }

    [Fact]
    public void What_is_bound_read_only_at_home_goes_with_a_machine_and_is_not_taken_for_its_own_there()
    {
        var volume = new MountLaunch { Kind = MountKind.Volume, Source = "/state/volumes/shop_data", Target = "/data" };
        var bound = new MountLaunch { Kind = MountKind.Bind, Source = "/srv/site", Target = "/site", ReadOnly = true };
        var config = new MountLaunch { Kind = MountKind.Bind, Source = "/run/shop/files/config-a", Target = "/a", ReadOnly = true };
        var atHome = Machine("web") with { Mounts = [bound, volume, config] };
        var away = atHome with { Mounts = [bound with { Source = CarriedMounts.PathOf("/state/apps/shop", "web-1", "/srv/site") }, volume, config] };

        Assert.Equal([0, 1], CarriedMounts.Of(atHome, "/run/shop/files"));
        Assert.Equal([0, 1], CarriedMounts.Of(away, "/run/shop/files"));
        Assert.Equal(["1"], CarriedMounts.Own(atHome, "/state/apps/shop").Keys);
        Assert.Equal(["0", "1"], CarriedMounts.Own(away, "/state/apps/shop").Keys);
    }

    [Fact]
    public void A_node_whose_processor_lacks_something_or_that_speaks_otherwise_is_refused_by_its_name()
    {
        var source = new NodeTraits { Architecture = "x64", ProcessorFlags = ["sse2", "avx512f", "avx2"] };
        var target = new NodeTraits { Architecture = "x64", ProcessorFlags = ["sse2", "sse3"] };
        Assert.Contains("avx2 avx512f", Assert.Throws<NodeException>(() => target.Require(source, "b")).Message, StringComparison.Ordinal);
        Assert.Throws<NodeException>(() => (source with { Architecture = "arm64" }).Require(source, "b"));
        source.Require(source, "b");
        (source with { ProcessorFlags = [.. source.ProcessorFlags, "more"] }).Require(source, "b");
        Assert.Contains("in format 0, and is offered one in format 1", Assert.Throws<NodeException>(() => target.Require(source with { Format = NodeTraits.FormatNow }, "b")).Message, StringComparison.Ordinal);
        Assert.Equal(NodeTraits.FormatNow, NodeTraits.Read().Format);
        Assert.Equal(["fpu", "sse2"], ProcessorFlags.Of(["processor : 0", "flags\t\t: fpu sse2"]));
        Assert.Empty(ProcessorFlags.Of(["nothing"]));
        Assert.NotEmpty(NodeTraits.Read().Architecture);
    }

    private static ApplicationLaunch Launch() => new()
    {
        Application = "shop",
        Epoch = 1,
        RuntimeDirectory = "/run/shop",
        StateDirectory = "/state/shop",
        BoxPath = "/box",
        Tag = "0a1b2c",
        Networks = [new NetworkLaunch { Name = "default", Index = 0, Subnet = "10.0.0.0/24", Gateway = "10.0.0.1", Uplink = "10.1.0.0/30" }],
        Machines = [Machine("db"), Machine("web")],
    };

    private static MachineLaunch Machine(string service) => new()
    {
        Name = service + "-1",
        Service = service,
        Number = 1,
        Revision = "r",
        Hostname = service,
        Start = StartMode.OnDemand,
        Program = new ProgramLaunch { Arguments = ["/bin/true"] },
        Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "/overlay" },
    };
}
