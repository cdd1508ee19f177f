using System.Diagnostics;
using System.Runtime.Versioning;
using Figment.Linux.Sockets;
using Figment.Linux.UnixSockets;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Keeper.Tests.Processes;

[SupportedOSPlatform("linux")]
public sealed class KeeperProcessTests
{
    [Fact]
    public void A_second_keeper_of_the_same_application_is_refused_and_names_the_first()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.OnDemand));
        var (first, channel) = run.StartAndConnect();
        using (channel)
        {
            var second = run.Start();
            KeeperRun.AwaitExit(second);

            Assert.Equal(1, second.ExitCode);
            Assert.Contains($"process {first.Id} keeps it already", second.StandardError.ReadToEnd(), StringComparison.Ordinal);
            Assert.Equal(3, KeeperRun.Ask(channel, new KeeperRequest.Status()).Epoch);
        }
    }

    [Fact]
    public void The_socket_is_its_owner_s_alone()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.OnDemand));
        using var channel = run.StartAndConnect().Channel;

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(run.Folder["keeper.sock"]));
    }

    [Fact]
    public void A_box_that_dies_at_once_is_spawned_five_times_and_the_ledger_says_why_it_is_given_up()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.Eager) with { Restart = new RestartSpec { Policy = RestartPolicy.Always } });
        using var channel = run.StartAndConnect().Channel;

        var status = KeeperRun.AwaitState(channel, "job-1", MachineState.Failed);

        Assert.Equal(SignalKind.BoxLost, status.Cause!.Kind);
        Assert.Contains("died 5 times in a row", status.Cause.Detail, StringComparison.Ordinal);
        Assert.Equal(5, run.Ledger.Count(@event => @event.To == MachineState.Starting));
        Assert.Equal(Enumerable.Range(1, run.Ledger.Count).Select(number => (long)number), run.Ledger.Select(@event => @event.Sequence));
        Assert.True(run.Ledger[^1].At - run.Ledger[0].At >= TimeSpan.FromMilliseconds(100 + 200 + 400 + 800), "the backoff was not kept");
    }

    [Fact]
    public void A_box_that_cannot_be_executed_fails_the_start_with_the_reason()
    {
        using var run = new KeeperRun("/nonexistent/figment-box", KeeperRun.Machine("job", StartMode.OnDemand));
        using var channel = run.StartAndConnect().Channel;

        var reply = KeeperRun.Ask(channel, new KeeperRequest.Start { Machine = "job-1", Wait = true });

        Assert.Contains("posix_spawn(3) /nonexistent/figment-box: ENOENT", reply.Error, StringComparison.Ordinal);
        Assert.Equal((MachineState.Failed, 125), (reply.Machines![0].State, reply.Machines[0].ExitCode));
    }

    [Fact]
    public void Watching_tells_every_event_as_it_is_in_the_ledger()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.OnDemand));
        using var channel = run.StartAndConnect().Channel;
        using var watch = new LineChannel(UnixSocket.Connect(run.Folder["keeper.sock"]), ControlJson.LineBytesMax);

        // Both lines are on one connection: the status is answered after the watch has begun.
        watch.Send(new KeeperRequest.Watch(), ControlJson.Default.KeeperRequest);
        KeeperRun.Ask(watch, new KeeperRequest.Status());
        KeeperRun.Ask(channel, new KeeperRequest.Stop { Machine = "job-1" });
        KeeperRun.Ask(channel, new KeeperRequest.Start { Machine = "job-1", Wait = true });

        var seen = new List<MachineEvent>();
        while (seen.Count < 4)
        {
            seen.Add(watch.Receive(ControlJson.Default.KeeperReply, out _)!.Event!);
        }

        Assert.Equal([MachineState.Stopped, MachineState.Waiting, MachineState.Starting, MachineState.Imaginary], seen.Select(@event => @event.To));
        Assert.Equal(run.Ledger.Select(@event => @event.Sequence), seen.Select(@event => @event.Sequence));
    }

    [Fact]
    public void A_killed_keeper_s_successor_goes_on_with_ledger_and_states()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.OnDemand), KeeperRun.Machine("other", StartMode.OnDemand));
        var (first, channel) = run.StartAndConnect();
        using (channel)
        {
            Assert.Null(KeeperRun.Ask(channel, new KeeperRequest.Stop { Machine = "job-1" }).Error);
        }

        first.Kill();
        KeeperRun.AwaitExit(first);
        File.AppendAllText(run.Folder["ledger.jsonl"], "{\"sequence\":2,\"torn");

        using var next = run.StartAndConnect().Channel;
        KeeperRun.AwaitState(next, "job-1", MachineState.Stopped);
        Assert.Null(KeeperRun.Ask(next, new KeeperRequest.Stop { Machine = "other-1" }).Error);

        Assert.Equal([("job-1", 1L), ("other-1", 2L)], run.Ledger.Select(@event => (@event.Machine, @event.Sequence)));
    }

    [Fact]
    public async Task A_box_that_answers_is_adopted_and_its_death_is_seen()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.Eager));
        using var box = Process.Start("sleep", "1000");
        string folder = Path.Combine(run.Folder["machines"], "job-1");
        Directory.CreateDirectory(folder);
        using var listener = UnixSocket.Listen(Path.Combine(folder, "box.sock"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var answering = Task.Run(() =>
        {
            var channel = new LineChannel(UnixSocket.Accept(listener)!, ControlJson.LineBytesMax);
            Assert.Equal(3, Assert.IsType<BoxMessage.Hello>(channel.Receive(ControlJson.Default.BoxMessage, out _)).Epoch);
            channel.Send<BoxMessage>(
                new BoxMessage.Report { Machine = "job-1", BoxPid = box.Id, Pid = 77, Revision = "r1", HasListened = false, StartedAt = DateTimeOffset.UnixEpoch },
                ControlJson.Default.BoxMessage);
            return channel;
        });

        using var control = run.StartAndConnect().Channel;
        using (var channel = await answering)
        {
            var status = KeeperRun.AwaitState(control, "job-1", MachineState.Running);
            Assert.Equal((77, box.Id), (status.Pid, status.BoxPid));
            box.Kill();
            box.WaitForExit();
        }

        var lost = KeeperRun.AwaitState(control, "job-1", MachineState.Imaginary);
        Assert.Equal(SignalKind.BoxLost, lost.Cause!.Kind);
    }

    [Fact]
    public void An_update_reads_the_launch_file_again_and_refuses_another_application_s()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.OnDemand));
        using var channel = run.StartAndConnect().Channel;
        run.Write("/bin/true", KeeperRun.Machine("new", StartMode.OnDemand));

        Assert.Null(KeeperRun.Ask(channel, new KeeperRequest.Update()).Error);
        Assert.Equal(["new-1"], KeeperRun.Ask(channel, new KeeperRequest.Status()).Machines!.Select(machine => machine.Machine));

        File.WriteAllText(run.Folder["keeper.json"], File.ReadAllText(run.Folder["keeper.json"]).Replace("\"epoch\":3", "\"epoch\":2", StringComparison.Ordinal));
        Assert.Contains("epoch 2", KeeperRun.Ask(channel, new KeeperRequest.Update()).Error, StringComparison.Ordinal);
        File.WriteAllText(run.Folder["keeper.json"], "{");
        Assert.Contains("is not a launch record", KeeperRun.Ask(channel, new KeeperRequest.Update()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Down_answers_and_the_process_ends_with_nothing_left_but_the_ledger()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.OnDemand));
        var (process, channel) = run.StartAndConnect();
        using (channel)
        {
            Assert.Null(KeeperRun.Ask(channel, new KeeperRequest.Down()).Error);
        }

        KeeperRun.AwaitExit(process);
        Assert.Equal(0, process.ExitCode);
        Assert.All(["keeper.sock", "generation", "keeper.pid"], name => Assert.False(File.Exists(run.Folder[name]), name));
    }

    [Fact]
    public void Nonsense_is_answered_and_ends_that_conversation_only()
    {
        using var run = new KeeperRun("/bin/true", KeeperRun.Machine("job", StartMode.OnDemand));
        using var channel = run.StartAndConnect().Channel;
        using var other = new LineChannel(UnixSocket.Connect(run.Folder["keeper.sock"]), ControlJson.LineBytesMax);
        other.Send(new StreamReply { Error = "what" }, ControlJson.Default.StreamReply);

        Assert.Contains("not a request", other.Receive(ControlJson.Default.KeeperReply, out _)!.Error, StringComparison.Ordinal);
        Assert.Null(other.Receive(ControlJson.Default.KeeperReply, out _));
        Assert.NotNull(KeeperRun.Ask(channel, new KeeperRequest.Status()).Machines);
    }
}
