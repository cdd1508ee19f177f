using System.Diagnostics;
using System.Globalization;
using Figment.Api.Contract;
using Figment.Conformance.Tests.Conversations;
using Figment.Conformance.Tests.Stages;
using Figment.Model.States;

namespace Figment.Conformance.Tests;

/// <summary>
/// Real servers are put on storage, brought back and moved between two nodes while a client asks them for the next number on one connection.
/// As many questions put to the same program natively have the same answers. Needs root, CRIU and the servers of test-packages.txt.
/// </summary>
public sealed class ServerTests(NodePairFixture fixture, ITestOutputHelper output) : IClassFixture<NodePairFixture>
{
    private const int SysResource = 24;
    private const int AskedLater = 50;
    private static readonly TimeSpan ServedAgainLimit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("redis")]
    [InlineData("python")]
    public Task What_it_knows_and_who_speaks_to_it_are_as_natively(string server) => ProveAsync(ServerTable.Find(server));

    [Theory]
    [Trait("tier", "full")]
    [InlineData("memcached")]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    [InlineData("nats")]
    [InlineData("node")]
    [InlineData("java")]
    [InlineData("dotnet")]
    [InlineData("postgresql")]
    [InlineData("zookeeper follower")]
    [InlineData("zookeeper leader")]
    public Task So_are_those_of_other_servers(string server) => ProveAsync(ServerTable.Find(server));

    /// <summary>Where root has CAP_SYS_RESOURCE they are as any other.</summary>
    [Fact]
    public async Task Processes_of_two_users_are_refused_by_name_where_the_node_cannot_dump_them_and_go_on()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using ServedApplication application = await ServedApplication.UpAsync(fixture.Nodes, ServerTable.NginxOfTwoUsers, cancellation);
        using Talk talk = await application.TalkAsync(1, cancellation);

        Outcome snapshot = await application.A.TrySnapshotAsync(application.Name, application.Machine, cancellation);
        Outcome move = await application.A.TryMigrateAsync(application.Name, application.Machine, "b", cancellation);

        if (HasSysResource())
        {
            Assert.True(snapshot.ExitCode == 0 && move.ExitCode == 0, $"{snapshot}\n{move}");
            await application.MoveAsync(toB: false, cancellation);
            await application.A.RemoveSnapshotsAsync([snapshot.Output.Trim()], cancellation);
        }
        else
        {
            Assert.All([snapshot, move], outcome =>
            {
                Assert.NotEqual(0, outcome.ExitCode);
                Assert.Contains("its processes run as several users (0:0, 65534:65534)", outcome.Errors, StringComparison.Ordinal);
                Assert.Contains("CAP_SYS_RESOURCE", outcome.Errors, StringComparison.Ordinal);
            });
            Assert.Equal(MachineState.Running, (await application.A.MachinesAsync(application.Name, cancellation)).Single(machine => machine.Machine == application.Machine).State);
        }

        await talk.EndAsync(cancellation);
    }

    private async Task ProveAsync(Server server)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        TalkEnd end;
        await using (ServedApplication application = await ServedApplication.UpAsync(fixture.Nodes, server, cancellation))
        {
            end = await ProveAsync(server, application, cancellation);
        }

        Assert.Equal(await NativeAsync(server, end.Last, cancellation), end.Digest);
    }

    private async Task<TalkEnd> ProveAsync(Server server, ServedApplication application, CancellationToken cancellation)
    {
        using Process? load = application.Load();
        using Talk talk = await application.TalkAsync(1, cancellation);
        await application.MoveAsync(toB: true, cancellation);
        await application.MoveAsync(toB: false, cancellation);
        long before = await talk.WhereAsync(cancellation);
        string running = await application.A.SnapshotAsync(application.Name, application.Machine, leavesRunning: true, cancellation);
        long after = await talk.WhereAsync(cancellation);
        SnapshotView first = (await application.A.InspectAsync(running, cancellation)).Snapshot;
        TalkEnd end = await talk.EndAsync(cancellation);
        await EndAsync(load, cancellation);
        await BalanceAsync(server, application, cancellation);

        // As of the snapshot: nobody asked since.
        string stopped = await application.A.SnapshotAsync(application.Name, application.Machine, leavesRunning: false, cancellation);
        await application.A.RestoreAsync(application.Name, application.Machine, stopped, cancellation);
        await AskAsync(server, application, end.Last + 1, cancellation);
        await BalanceAsync(server, application, cancellation);
        SnapshotDetail second = await application.A.InspectAsync(stopped, cancellation);

        // Back to the first one. What an ensemble knows is not one member's, so it goes on from there.
        await application.A.RestoreAsync(application.Name, application.Machine, running, cancellation);
        if (server.IsEnsemble)
        {
            await AskAsync(server, application, end.Last + AskedLater + 1, cancellation);
        }
        else
        {
            using Talk back = await application.TalkAsync(0, cancellation);
            Assert.InRange(back.Begun, before + 1, after + 1);
            await back.EndAsync(cancellation);
            await BalanceAsync(server, application, cancellation);
        }

        await application.A.RemoveSnapshotsAsync([running, stopped], cancellation);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {server.Name} | {end.Last} answers, the longest wait {end.LongestMs} ms | {first.SizeBytes / 1e6:F1} | {first.StoredBytes / 1e6:F1} | {second.UniqueBytes / 1e6:F1} |"));
        return end;
    }

    private static async Task AskAsync(Server server, ServedApplication application, long first, CancellationToken cancellation)
    {
        Outcome outcome = await application.TryAskAsync(first, AskedLater, cancellation);
        if (server.IsEnsemble)
        {
            // It must find the others first.
            await Deadline.UntilAsync(
                ServedAgainLimit,
                () => $"it is asked again; {outcome}",
                async () => outcome.ExitCode == 0 || (outcome = await application.TryAskAsync(first, AskedLater, cancellation)).ExitCode == 0,
                cancellation);
        }

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    /// <summary>What loads the server has not ended by itself, and has nothing to complain of.</summary>
    private static async Task EndAsync(Process? load, CancellationToken cancellation)
    {
        if (load is null)
        {
            return;
        }

        bool hasEnded = load.HasExited;
        if (!hasEnded)
        {
            load.Kill();
        }

        string errors = await load.StandardError.ReadToEndAsync(cancellation);
        Assert.False(hasEnded, $"the load ended: {errors}");
        Assert.DoesNotContain("error", errors, StringComparison.Ordinal);
        await load.WaitForExitAsync(cancellation);
    }

    private static async Task BalanceAsync(Server server, ServedApplication application, CancellationToken cancellation)
    {
        if (server.Books is var (command, expected))
        {
            Assert.Equal(expected, await application.InClientAsync(command, cancellation));
        }
    }

    private static async Task<string> NativeAsync(Server server, long count, CancellationToken cancellation)
    {
        await using var stage = new NativeStage(ServedApplication.Files(server), ServedApplication.Variables(server));
        await stage.UpAsync(cancellation);
        foreach (string machine in server.Machines)
        {
            await stage.ReadyAsync(machine, server.Port, cancellation);
        }

        if (server.Ready is var (ready, printed))
        {
            Outcome? last = null;
            await Deadline.UntilAsync(
                ServedAgainLimit,
                () => $"natively {server.Name} can be asked; {last}",
                async () => (last = await stage.ExecuteAsync("client-1", ready, cancellation)) is { ExitCode: 0 } && last.Output.Trim() == printed,
                cancellation);
        }

        Outcome outcome = await stage.ExecuteAsync(
            "client-1",
            ["python3", "/clients/conversation.py", server.Kind, stage.Addresses[server.Machines[0]], "1", count.ToString(CultureInfo.InvariantCulture)],
            cancellation);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return TalkEnd.Parse(outcome.Output.Trim().Split(' ')[1..]).Digest;
    }

    private static bool HasSysResource()
    {
        string line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("CapPrm:", StringComparison.Ordinal));
        return (ulong.Parse(line["CapPrm:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> SysResource & 1) == 1;
    }
}
