using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Errors;
using Figment.Node.Images;
using Figment.Node.Planning;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Planning;

public sealed class MachinePlanningTests
{
    private static readonly ImageFacts Image = new()
    {
        Id = "sha256:1",
        Platform = "linux/amd64",
        LayerDirectories = ["/layers/2", "/layers/1"],
        Environment = ["PATH=/opt/bin", "LANG=C"],
        Entrypoint = ["/entry"],
        Command = ["serve"],
        WorkingDirectory = "/srv",
        User = "app",
        ExposedPorts = [new PortSpec(6379, TransportProtocol.Tcp)],
        Volumes = ["/data"],
        StopSignal = "SIGINT",
        HealthCheck = new HealthCheckSpec { Test = ["true"] },
    };

    [Fact]
    public void An_image_gives_what_the_service_leaves_open()
    {
        var machine = Plan(new ServiceSpec { Name = "db", Image = "redis", Networks = [new ServiceNetworkSpec { Network = "default" }] });

        Assert.Equal(["/entry", "serve"], machine.Program.Arguments);
        Assert.Equal(["HOSTNAME=db-1", "PATH=/opt/bin", "LANG=C"], machine.Program.Environment);
        Assert.Equal(("/srv", "app", 2), (machine.Program.WorkingDirectory, machine.Program.User, machine.Program.StopSignal));
        Assert.Equal([6379], machine.Ports.Select(port => port.Port));
        Assert.Equal(StartMode.OnDemand, machine.Start);
        Assert.Equal("/data", Assert.Single(machine.Mounts).Target);
        Assert.True(machine.Mounts[0].CopyUp);
        Assert.Equal(["/layers/2", "/layers/1"], machine.Root.LowerDirectories);
        Assert.False(machine.Root.Host);
        Assert.Equal(["true"], machine.HealthCheck!.Test);
    }

    public static TheoryData<string[]?, string[]?, string[]> Merges => new()
    {
        { null, null, ["/entry", "serve"] },
        { null, ["other"], ["/entry", "other"] },
        { ["mine"], null, ["mine"] },
        { ["mine"], ["other"], ["mine", "other"] },
        { [], null, ["serve"] },
        { [], ["other"], ["other"] },
        { null, [], ["/entry", "serve"] },
    };

    [Theory]
    [MemberData(nameof(Merges))]
    public void Entry_point_and_command_merge_as_with_Docker(string[]? entrypoint, string[]? command, string[] expected) =>
        Assert.Equal(expected, Plan(new ServiceSpec { Name = "db", Image = "redis", Entrypoint = entrypoint, Command = command, Networks = [new ServiceNetworkSpec { Network = "default" }] }).Program.Arguments);

    [Fact]
    public void A_variable_without_a_value_is_taken_away()
    {
        var machine = Plan(new ServiceSpec { Name = "db", Image = "redis", Networks = [new ServiceNetworkSpec { Network = "default" }], Environment = [new("LANG", null), new("A", "1"), new("A", "2")] });

        Assert.Equal(["HOSTNAME=db-1", "PATH=/opt/bin", "A=2"], machine.Program.Environment);
    }

    [Fact]
    public void A_host_root_needs_no_image_and_without_ports_the_machine_is_eager()
    {
        var machine = Plan(Specs.Service("worker"));

        Assert.True(machine.Root.Host);
        Assert.Equal(["/"], machine.Root.LowerDirectories);
        Assert.Equal("/var/lib/figment-test/apps/shop/machines/worker-1", machine.Root.OverlayDirectory);
        Assert.Equal(StartMode.Eager, machine.Start);
        Assert.Contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", machine.Program.Environment);
    }

    [Fact]
    public void Capabilities_are_Dockers_less_the_dropped_and_with_the_added()
    {
        Assert.Equal(14, Plan(Specs.Service("a")).Capabilities.Count);
        Assert.Equal(["NET_ADMIN"], Plan(Specs.Service("a") with { CapDrop = ["ALL"], CapAdd = ["CAP_NET_ADMIN"] }).Capabilities);
        Assert.DoesNotContain("CHOWN", Plan(Specs.Service("a") with { CapDrop = ["chown"] }).Capabilities);
        Assert.Equal(41, Plan(Specs.Service("a") with { CapAdd = ["ALL"] }).Capabilities.Count);
        Assert.Contains("no capability", Fails(Specs.Application(Specs.Service("a") with { CapAdd = ["FLY"] })), StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_port_is_shared_by_replicas_and_a_range_is_spread_over_them()
    {
        var named = Published(Specs.Service("web") with { Replicas = 2, Ports = [Port(80, 8080, 8080)] });
        var range = Published(Specs.Service("web") with { Replicas = 3, Ports = [Port(80, 8080, 8083)] });
        var open = Published(Specs.Service("web") with { Replicas = 2, Ports = [Port(80, 0, 0)] });

        Assert.Equal([8080, 8080], named);
        Assert.Equal([8080, 8081, 8082], range);
        Assert.Equal([61000, 61001], open);
    }

    [Fact]
    public void A_port_of_the_node_is_published_once()
    {
        Assert.Contains("8080/tcp of the node is already published by service a", Fails(Specs.Application(Specs.Service("a") with { Ports = [Port(80, 8080, 8080)] }, Specs.Service("b") with { Ports = [Port(81, 8080, 8080)] })), StringComparison.Ordinal);
        Assert.Contains("no free port in 8080-8081/tcp", Fails(Specs.Application(Specs.Service("a") with { Replicas = 3, Ports = [Port(80, 8080, 8081)] })), StringComparison.Ordinal);
        LaunchPlanner.Plan(Specs.Input(Specs.Application(
            Specs.Service("a") with { Ports = [Port(80, 8080, 8080) with { HostIp = "127.0.0.1" }] },
            Specs.Service("b") with { Ports = [Port(81, 8080, 8080) with { HostIp = "127.0.0.2" }, Port(81, 8080, 8080) with { Protocol = TransportProtocol.Udp }] })));
    }

    [Fact]
    public void A_chosen_port_stays_over_plans()
    {
        var spec = Specs.Application(Specs.Service("web") with { Ports = [Port(80, 0, 0)] });
        var first = LaunchPlanner.Plan(Specs.Input(spec) with { Node = new NodeFacts { BusyPorts = new HashSet<PortSpec> { new(61000, TransportProtocol.Tcp) } } });

        var second = LaunchPlanner.Plan(Specs.Input(spec) with { Held = first.Allocations, Previous = first.Launch });

        Assert.Equal(61001, first.Launch.Machines[0].Published[0].HostPort);
        Assert.Equal(61001, second.Launch.Machines[0].Published[0].HostPort);
    }

    [Fact]
    public void A_revision_changes_with_what_a_program_would_notice_and_with_nothing_else()
    {
        var service = Specs.Service("web");
        string revision = Plan(service).Revision;

        Assert.Equal(revision, Plan(service).Revision);
        Assert.Equal(revision, Plan(service with { Expose = [new PortSpec(80, TransportProtocol.Tcp)], Ports = [Port(80, 8080, 8080)], Restart = new RestartSpec { Policy = RestartPolicy.Always } }).Revision);
        Assert.NotEqual(revision, Plan(service with { Environment = [new("A", "1")] }).Revision);
        Assert.NotEqual(revision, Plan(service with { Resources = new ResourceSpec { MemoryBytes = 1 << 20 } }).Revision);
        Assert.NotEqual(revision, Plan(service with { Command = ["/bin/false"] }).Revision);
    }

    /// <summary>Who may begin from whose snapshot.</summary>
    [Fact]
    public void Machines_of_a_service_are_of_one_kind_until_something_else_of_it_changes()
    {
        var service = Specs.Service("web") with { Replicas = 2, Figment = new FigmentSpec { Root = RootKind.Host, FromSnapshot = true } };
        List<MachineLaunch> Of(ServiceSpec changed) => [.. LaunchPlanner.Plan(Specs.Input(Specs.Application(changed))).Launch.Machines];

        var machines = Of(service);
        string kind = machines[0].Kind;
        Assert.StartsWith("web-", kind, StringComparison.Ordinal);
        Assert.All(machines, machine => Assert.Equal((kind, true), (machine.Kind, machine.FromSnapshot)));
        Assert.NotEqual(machines[0].Revision, machines[1].Revision);
        Assert.Equal(kind, Of(service with { Replicas = 1, Expose = [new PortSpec(80, TransportProtocol.Tcp)] })[0].Kind);
        Assert.NotEqual(kind, Of(service with { Environment = [new("A", "1")] })[0].Kind);
        Assert.NotEqual(kind, Of(service with { Command = ["/bin/false"] })[0].Kind);
        Assert.NotEqual(kind, Of(Specs.Service("other") with { Figment = service.Figment })[0].Kind);
    }

    [Fact]
    public void What_begins_from_a_snapshot_writes_to_nothing_that_outlives_it()
    {
        var service = Specs.Service("web") with { Figment = new FigmentSpec { Root = RootKind.Host, FromSnapshot = true } };
        var mount = new MountSpec { Kind = MountKind.Bind, Source = "/srv", Target = "/data" };

        Assert.Contains("which does not hold what is in /data", Fails(Specs.Application(service with { Mounts = [mount] })), StringComparison.Ordinal);
        Assert.NotEmpty(Plan(service with { Mounts = [mount with { ReadOnly = true }, new MountSpec { Kind = MountKind.Tmpfs, Target = "/tmp/own" }] }).Kind);
        Assert.NotEmpty(Plan(Specs.Service("web") with { Mounts = [mount] }).Kind);
    }

    [Fact]
    public void A_secret_becomes_a_file_whose_path_changes_with_its_content()
    {
        var service = Specs.Service("web") with { Secrets = [new FileMountSpec { Source = "key", Target = "/run/secrets/key", Mode = 256, Uid = "1000" }] };
        var spec = Specs.Application(service) with { Secrets = [new FileSpec { Name = "key", Content = "x" }] };
        ApplicationPlan With(string digest) => LaunchPlanner.Plan(Specs.Input(spec) with { FileDigests = new Dictionary<(string, string), string> { [("secret", "key")] = digest } });

        var plan = With("d1");

        var file = Assert.Single(plan.Files);
        Assert.Equal("/run/figment-test/apps/shop/files/secret-key-d1-400-1000-0", file.Path);
        Assert.Equal((256, 1000u, 0u), (file.Mode, file.Owner, file.Group));
        Assert.Equal(file.Path, plan.Launch.Machines[0].Mounts[0].Source);
        Assert.NotEqual(plan.Launch.Machines[0].Revision, With("d2").Launch.Machines[0].Revision);
        Assert.Contains("not known to the node any more", Fails(spec), StringComparison.Ordinal);
    }

    [Fact]
    public void Orphans_stay_with_a_warning_until_they_are_to_go()
    {
        var before = LaunchPlanner.Plan(Specs.Input(Specs.Application(Specs.Service("old"), Specs.Service("web"))));
        var input = Specs.Input(Specs.Application(Specs.Service("web"))) with { Held = before.Allocations, Previous = before.Launch };

        var kept = LaunchPlanner.Plan(input);
        var removed = LaunchPlanner.Plan(input with { RemoveOrphans = true });

        Assert.Equal(["old-1", "web-1"], kept.Launch.Machines.Select(machine => machine.Name));
        Assert.Equal(before.Launch.Machines[0].Interfaces[0].Address, kept.Launch.Machines[0].Interfaces[0].Address);
        Assert.Contains(kept.Warnings, warning => warning.Contains("old-1", StringComparison.Ordinal));
        Assert.Equal(["web-1"], removed.Launch.Machines.Select(machine => machine.Name));
    }

    [Fact]
    public void Names_hosts_and_dns_are_as_the_service_says()
    {
        var machine = Plan(Specs.Service("web") with { ContainerName = "frontend", ExtraHosts = [new("host.docker.internal", "host-gateway")], Dns = ["9.9.9.9"], DnsSearch = ["example.org"] });

        Assert.Equal("frontend", machine.Hostname);
        Assert.Equal(["frontend"], machine.Interfaces[0].Aliases);
        Assert.Equal("10.211.0.1", machine.ExtraHosts[0].Value);
        Assert.Equal(["nameserver 10.210.0.1", "nameserver 9.9.9.9", "search example.org"], machine.ResolvConf);
        Assert.Equal("web-1", Plan(Specs.Service("web")).Hostname);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("-a")]
    public void A_name_that_would_leave_its_folder_is_refused(string name) =>
        Assert.Contains("is not the name of an application", Fails(Specs.Application() with { Name = name }), StringComparison.Ordinal);

    private static PublishedPortSpec Port(int target, int first, int last) => new() { Target = target, Published = first, PublishedEnd = last };

    private static string Fails(ApplicationSpec spec) => Assert.Throws<NodeException>(() => LaunchPlanner.Plan(Specs.Input(spec))).Message;

    private static int[] Published(ServiceSpec service) =>
        [.. LaunchPlanner.Plan(Specs.Input(Specs.Application(service))).Launch.Machines.Select(machine => machine.Published[0].HostPort)];

    private static MachineLaunch Plan(ServiceSpec service) =>
        LaunchPlanner.Plan(Specs.Input(Specs.Application(service)) with { Images = new Dictionary<string, ImageFacts> { [service.Name] = Image } }).Launch.Machines[0];
}
