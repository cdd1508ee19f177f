using Figment.Keeper.Boxes;
using Figment.Keeper.Lifecycle;

namespace Figment.Keeper.Tests.Boxes;

/// <summary>With cat(1) for a box: it, too, waits at its standard input and ends with it.</summary>
public sealed class ReadyBoxTests : IDisposable
{
    private const string Cat = "/bin/cat";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly Counting _starter = new();
    private readonly Thread _thread;
    private readonly ReadyBox _box;

    public ReadyBoxTests()
    {
        _box = new ReadyBox(_starter, _loop, new Log(TextWriter.Null, TimeProvider.System));
        _thread = new Thread(_loop.Run) { IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        OnLoop(() => _box.Dispose());
        _loop.Stop();
        Assert.True(_thread.Join(Limit));
        _loop.Dispose();
        foreach (var started in _starter.Started)
        {
            Assert.True(started.Process!.AwaitEnd(Limit), $"process {started.Process.Pid} was left");
        }
    }

    [Fact]
    public void What_is_ready_is_given_and_the_next_made_ready()
    {
        OnLoop(() => _box.Expect(true, Cat));
        AwaitStarts(1);

        int given = Start();

        Assert.Equal(_starter.Started[0].Process!.Pid, given);
        AwaitStarts(2);
    }

    [Fact]
    public void One_that_has_died_is_not_given()
    {
        OnLoop(() => _box.Expect(true, Cat));
        AwaitStarts(1);
        _starter.Started[0].Process!.Signal(9);
        Assert.True(_starter.Started[0].Process!.AwaitEnd(Limit));

        int given = Start();

        Assert.Equal(_starter.Started[1].Process!.Pid, given);
    }

    [Fact]
    public void When_nothing_runs_any_more_it_is_ended()
    {
        OnLoop(() => _box.Expect(true, Cat));
        AwaitStarts(1);

        OnLoop(() => _box.Expect(false, Cat));

        Assert.True(_starter.Started[0].Process!.AwaitEnd(Limit));
    }

    [Fact]
    public void One_of_another_version_is_not_given()
    {
        OnLoop(() => _box.Expect(true, Cat));
        AwaitStarts(1);

        OnLoop(() => _box.Expect(true, "/usr/bin/cat"));

        Assert.True(_starter.Started[0].Process!.AwaitEnd(Limit));
        AwaitStarts(2);
    }

    private int Start()
    {
        int pid = 0;
        OnLoop(() =>
        {
            var box = _box.Start(Cat);
            pid = box.Process!.Pid;
            box.Channel.Dispose();
        });
        return pid;
    }

    private void AwaitStarts(int count) => Assert.True(SpinWait.SpinUntil(() => _starter.Count >= count, Limit), $"{_starter.Count} of {count} were started");

    private void OnLoop(Action action)
    {
        var done = new TaskCompletionSource();
        _loop.Post(() =>
        {
            action();
            done.SetResult();
        });
        Assert.True(done.Task.Wait(Limit), "the loop does not come to it");
    }

    private sealed class Counting : IBoxStarter
    {
        private readonly BoxStarter _starter = new();
        private volatile int _count;

        public List<StartedBox> Started { get; } = [];

        public int Count => _count;

        public StartedBox Start(string path)
        {
            var box = _starter.Start(path);
            Started.Add(box with { Process = Figment.Linux.Processes.Pidfd.Open(box.Process!.Pid) });
            _count++;
            return box;
        }

        public void Expect(bool more, string path)
        {
        }
    }
}
