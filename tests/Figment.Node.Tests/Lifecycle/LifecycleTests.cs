using System.Text.Json;
using Figment.Api.Contract;
using Figment.Linux.Processes;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Journal;
using Figment.Node.Moves;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Lifecycle;

public sealed class LifecycleTests
{
    private const int SIGKILL = 9;

    private static readonly ApplicationSpec Shop = Specs.Application(Specs.Service("web") with { Expose = [new PortSpec(80, TransportProtocol.Tcp)] }, Specs.Service("worker"));

    [Fact]
    public async Task An_application_comes_up_is_seen_and_goes_down_without_a_trace()
    {
        await using var node = new TestNode();
        var up = await node.UpAsync(Shop, wait: true);

        Assert.Null(up.Error);
        Assert.Equal(("up", 2, 1), (up.Application!.Summary.Status, up.Application.Summary.Machines, up.Application.Summary.Running));
        Assert.NotNull(up.Application.KeeperPid);
        var events = await Eventually.HasAsync("the worker's start is in the journal", () => Task.FromResult(node.Service.Why("shop", "worker-1", 10)), seen => seen.Count == 1);
        Assert.Equal(SignalKind.Eager, events[0].Event.Cause.Kind);
        var view = await node.Service.ActAsync("shop", "web-1", "start", new ActionRequest(), CancellationToken.None);
        Assert.Equal(MachineState.Running, view.State);
        Assert.Equal([StepPhase.Begun, StepPhase.Done], node.Journal.Steps("shop").Where(step => step.Step == "StartKeeper").Select(step => step.Phase));

        var down = await node.DownAsync("shop");

        Assert.True(down.Done && down.Error is null);
        Assert.False(Directory.Exists(node.RuntimeOf("shop")));
        Assert.False(Directory.Exists(node.Options.Places.ApplicationState("shop")));
        Assert.Empty(node.Journal.Applications());
        Assert.Empty(node.Journal.Allocations());
        Assert.NotEmpty(node.Journal.Events("shop", null, null, 10));
    }

    [Fact]
    public async Task A_keeper_that_cannot_start_leaves_nothing_behind_and_its_words_are_told()
    {
        await using var node = new TestNode();
        node.Peer("exit");

        var up = await node.UpAsync(Shop with { Volumes = [new VolumeSpec { Key = "data", Name = "shop_data" }] });

        Assert.Equal(ErrorCode.Failed, up.Error!.Code);
        Assert.Contains("ended with code 3", up.Error.Message, StringComparison.Ordinal);
        Assert.Contains("the peer was told to fail", up.Error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(node.RuntimeOf("shop")));
        Assert.Empty(node.Journal.Applications());
        Assert.Contains(node.Journal.Steps("shop"), step => step is { Step: "StartKeeper", Phase: StepPhase.Failed });
        Assert.Contains(node.Journal.Steps("shop"), step => step is { Step: "AllocateNetworks", Phase: StepPhase.Undone });
    }

    /// <summary>Its networks are pinned by mounts, and another keeper knows what they are.</summary>
    [Fact]
    public async Task What_a_keeper_that_was_killed_while_starting_had_made_is_taken_away_by_another()
    {
        await using var node = new TestNode();
        node.Peer("die-once");

        var up = await node.UpAsync(Shop);

        Assert.Contains("ended with code 137 while starting", up.Error!.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(node.RuntimeOf("shop")));
        Assert.DoesNotContain(node.RuntimeOf("shop"), File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Empty(node.Journal.Applications());
        Assert.Null((await node.UpAsync(Shop)).Error);
    }

    [Theory]
    [InlineData("silent", "was not ready within")]
    [InlineData("garbage", "answered what is no reply")]
    public async Task A_keeper_that_speaks_wrongly_fails_the_up_and_leaves_nothing(string mode, string reason)
    {
        await using var node = new TestNode(keeperStart: TimeSpan.FromSeconds(2));
        node.Peer(mode);

        var up = await node.UpAsync(Shop);

        Assert.Contains(reason, up.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(node.Journal.Applications());
        Assert.False(Directory.Exists(node.RuntimeOf("shop")));
    }

    [Fact]
    public async Task A_refused_update_puts_the_launch_file_and_the_record_back()
    {
        await using var node = new TestNode();
        await node.UpAsync(Shop);
        string before = await File.ReadAllTextAsync(Path.Combine(node.RuntimeOf("shop"), "keeper.json"));
        node.Peer("refuse-update");

        var up = await node.UpAsync(Shop with { Services = [.. Shop.Services, Specs.Service("more")] });

        Assert.Contains("the peer refuses to update", up.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(node.RuntimeOf("shop"), "keeper.json")));
        Assert.Equal(2, node.Journal.Application("shop")!.Spec.Services.Count);
        node.Peer("ok");
        Assert.Equal(3, (await node.UpAsync(Shop with { Services = [.. Shop.Services, Specs.Service("more")] })).Application!.Machines.Count);
    }

    [Fact]
    public async Task A_dead_keeper_is_started_again()
    {
        await using var node = new TestNode();
        int first = (await node.UpAsync(Shop)).Application!.KeeperPid!.Value;
        using (var keeper = Pidfd.Open(first))
        {
            keeper.Signal(SIGKILL);
        }

        var view = await Eventually.HasAsync("another keeper runs", () => node.Service.GetApplicationAsync("shop", CancellationToken.None), seen => seen.KeeperPid is { } pid && pid != first && seen.Summary.Status == "up");

        Assert.Equal(2, view.Machines.Count);
    }

    [Fact]
    public async Task A_new_daemon_takes_over_the_keeper_that_runs()
    {
        await using var node = new TestNode();
        int first = (await node.UpAsync(Shop)).Application!.KeeperPid!.Value;
        node.Restart();

        var view = await Eventually.HasAsync("the keeper is known again", () => node.Service.GetApplicationAsync("shop", CancellationToken.None), seen => seen.KeeperPid is not null);

        Assert.Equal(first, view.KeeperPid);

        // Who waits for it to be found waits no more.
        await node.Service.Works.Keepers.AwaitFoundAsync("shop", TimeSpan.FromMinutes(5)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Null((await node.DownAsync("shop")).Error);
    }

    /// <summary>A machine was on its way here when the daemon was killed, before anything else of its application was here: who looks after that move asks no keeper that there is not.</summary>
    [Fact]
    public async Task Where_machines_are_of_an_application_that_is_not_here_is_forgotten()
    {
        await using var node = new TestNode();
        await node.UpAsync(Shop);
        var placement = new Placement { Home = "elsewhere", Nodes = new Dictionary<string, string> { ["elsewhere"] = "192.0.2.1", [node.Options.NodeName] = "192.0.2.2" } };
        PlacementFile.Write(node.Options.Places, "shop", placement);
        PlacementFile.Write(node.Options.Places, "half", placement);
        node.Restart();

        Assert.Null(PlacementFile.Read(node.Options.Places, "half"));
        Assert.Equal("elsewhere", PlacementFile.Read(node.Options.Places, "shop")!.Home);
    }

    [Fact]
    public async Task After_a_reboot_what_was_wanted_comes_up_again_on_its_addresses()
    {
        await using var node = new TestNode();
        var before = (await node.UpAsync(Shop)).Application!;
        using (var keeper = Pidfd.Open(before.KeeperPid!.Value))
        {
            var record = node.Journal.Application("shop")!;
            node.Service.Dispose();
            node.Journal.PutApplication(record with { Boot = "an earlier one" }, node.Journal.Allocations()["shop"]);
            keeper.Signal(SIGKILL);
        }

        node.Restart();

        var view = await Eventually.HasAsync("a keeper runs", () => node.Service.GetApplicationAsync("shop", CancellationToken.None), seen => seen.KeeperPid is not null && seen.Summary.Status == "up");
        Assert.Equal(before.Networks[0], view.Networks[0]);
        Assert.Equal(before.Machines.Select(machine => machine.Addresses[0]), view.Machines.Select(machine => machine.Addresses[0]));
        Assert.Equal(2, node.Journal.Application("shop")!.Incarnation);
    }

    [Fact]
    public async Task A_down_ends_an_up_under_way_and_a_second_up_waits_its_turn()
    {
        await using var node = new TestNode(operationWait: TimeSpan.FromMilliseconds(300));
        node.Peer("silent");
        var first = node.Service.Up("first", new UpRequest { Application = Shop }, 1);
        await Eventually.IsAsync("the first up starts its keeper", () => node.Journal.Steps("shop").Any(step => step.Step == "StartKeeper"));

        var second = await TestNode.FinishAsync(node.Service.Up("second", new UpRequest { Application = Shop }, 1));
        var same = node.Service.Up("first", new UpRequest { Application = Shop }, 1);
        node.Service.Down("down", "shop", volumes: false, graceMs: null);
        var cancelled = await TestNode.FinishAsync(first);

        Assert.Equal(ErrorCode.Conflict, second.Error!.Code);
        Assert.Contains("\"up\", which is still under way", second.Error.Message, StringComparison.Ordinal);
        Assert.Same(first, same);
        Assert.Contains("was cancelled by a later command", cancelled.Error!.Message, StringComparison.Ordinal);
        await Eventually.IsAsync("nothing is left", () => node.Journal.Applications().Count == 0 && !Directory.Exists(node.RuntimeOf("shop")));
    }

    [Fact]
    public async Task Volumes_and_secrets_are_made_with_the_mode_asked_for_and_go_when_asked()
    {
        await using var node = new TestNode();
        var spec = Specs.Application(Specs.Service("web") with
        {
            Mounts = [new MountSpec { Kind = MountKind.Volume, Source = "data", Target = "/data" }],
            Secrets = [new FileMountSpec { Source = "key", Target = "/run/secrets/key", Mode = 0x100 }],
        }) with
        { Volumes = [new VolumeSpec { Key = "data", Name = "shop_data" }], Secrets = [new FileSpec { Name = "key", Content = "s3cret" }] };

        var up = await node.UpAsync(spec);

        Assert.Null(up.Error);
        Assert.Null(up.Application!.Spec.Secrets[0].Content);
        var launch = JsonSerializer.Deserialize(await File.ReadAllTextAsync(Path.Combine(node.RuntimeOf("shop"), "keeper.json")), LaunchJson.Default.ApplicationLaunch)!;
        string secret = launch.Machines[0].Mounts.Single(mount => mount.Target == "/run/secrets/key").Source!;
        Assert.Equal("s3cret", await File.ReadAllTextAsync(secret));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(secret));
        string volume = Path.Combine(node.Options.Places.Volumes, "shop_data");
        await File.WriteAllTextAsync(Path.Combine(volume, "kept"), "x");

        await node.DownAsync("shop");
        Assert.True(File.Exists(Path.Combine(volume, "kept")));
        await node.UpAsync(spec, epoch: 2);
        await node.DownAsync("shop", volumes: true);
        Assert.False(Directory.Exists(volume));
        Assert.False(File.Exists(secret));
    }
}
