using System.Globalization;
using Figment.Keeper.Boxes;
using Figment.Keeper.Lifecycle;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;

namespace Figment.Keeper.Tests.Boxes;

/// <summary>Boxes that are killed. In place of the box stands a shell in a session of its own.</summary>
public sealed class BoxTableTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly EventLoop _loop = new(TimeProvider.System);

    public void Dispose()
    {
        _loop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_is_left_of_its_session_is_ended()
    {
        string told = _folder["told"];
        var (reader, writer) = FileCalls.Pipe();
        var (ours, theirs) = DescriptorSocket.Pair();
        using var log = new StringWriter();
        using var gone = new ManualResetEventSlim();
        using var boxes = new BoxTable(_loop, new Log(log, TimeProvider.System), new MachineGroups("boxtabletests"), (_, _, _) => { }, _ => { }, _ => gone.Set());
        var thread = new Thread(_loop.Run) { IsBackground = true };
        using (reader)
        using (writer)
        {
            int pid = Spawner.Spawn("/bin/sh", ["sh", "-c", $"sh -c 'kill -STOP $$' & echo $! > {told}; read line"], ["PATH=/usr/bin:/bin"], reader, writer);
            var box = boxes.Add(1, "web-1", new StartedBox(ours, Pidfd.Open(pid), IsChild: true));
            thread.Start();
            Assert.True(SpinWait.SpinUntil(() => File.Exists(told) && File.ReadAllText(told).EndsWith('\n'), Limit));
            using var left = Pidfd.Open(int.Parse(File.ReadAllText(told), CultureInfo.InvariantCulture));
            theirs.Dispose();
            boxes.Kill(box);

            Assert.True(left.AwaitEnd(Limit));
            Assert.True(gone.Wait(Limit, TestContext.Current.CancellationToken));
            Assert.Contains($"process {left.Pid} of its box, which was killed, is killed", log.ToString(), StringComparison.Ordinal);
        }

        _loop.Stop();
        Assert.True(thread.Join(Limit));
    }
}
