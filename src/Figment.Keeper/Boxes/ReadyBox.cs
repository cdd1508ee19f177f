using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;

namespace Figment.Keeper.Boxes;

/// <summary>
/// Keeps one box ready while machines of the application run: a request that has made one machine real is about to make the next, and to start its box's process is the longest part of that.
/// Where all machines are imaginary there is none. The loop's thread.
/// </summary>
internal sealed class ReadyBox(IBoxStarter starter, EventLoop loop, Log log) : IBoxStarter, IDisposable
{
    /// <summary>After the last start: until then the machines that start need the processors.</summary>
    private const long PauseMs = 200;

    private const int SIGKILL = 9;

    private StartedBox? _ready;
    private string _path = "";
    private bool _isExpected;
    private long _turn;

    public StartedBox Start(string path)
    {
        PrepareLater();
        if (_ready is { } ready && path == _path && !ready.Process!.AwaitEnd(TimeSpan.Zero))
        {
            _ready = null;
            return ready;
        }

        return starter.Start(path);
    }

    public void Expect(bool more, string path)
    {
        if ((more, path) == (_isExpected, _path))
        {
            return;
        }

        Discard();
        (_isExpected, _path) = (more, path);
        if (more)
        {
            PrepareLater();
        }
    }

    public void Dispose() => Discard();

    private void PrepareLater()
    {
        long turn = ++_turn;
        loop.Schedule(loop.NowMs + PauseMs, () =>
        {
            if (turn == _turn && _isExpected)
            {
                Prepare();
            }
        });
    }

    private void Prepare()
    {
        if (_ready is { } ready && !ready.Process!.AwaitEnd(TimeSpan.Zero))
        {
            return;
        }

        Discard();
        try
        {
            _ready = starter.Start(_path);
        }
        catch (LinuxException exception)
        {
            // The next machine's start says so to whom it concerns.
            log.Write($"no box is kept ready: {exception.Message}");
        }
    }

    private void Discard()
    {
        if (_ready is { } ready)
        {
            _ready = null;
            ready.Process!.Signal(SIGKILL);
            ready.Process.Wait();
            ready.Process.Dispose();
            ready.Channel.Dispose();
        }
    }
}
