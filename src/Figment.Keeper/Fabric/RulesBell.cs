using Figment.Keeper.Gateways;
using Figment.Linux.Netlink;
using Figment.Linux.Polling;

namespace Figment.Keeper.Fabric;

/// <summary>Calls back, on a pool thread, a second after somebody has begun to change the node's rules: a restart of a firewall is many changes.</summary>
internal sealed class RulesBell : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly NetworkLoop _loop;
    private readonly ITimer _timer;
    private RuleSetWatch? _watch;
    private ulong _token;
    private int _rung;
    private bool _isDeaf;

    internal RulesBell(NetworkLoop loop, Action changed)
    {
        _loop = loop;
        _timer = loop.Time.CreateTimer(
            _ =>
            {
                Volatile.Write(ref _rung, 0);
                changed();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);

        // The loop's thread is in the node's namespace, whose rules are meant.
        loop.Invoke(() =>
        {
            _watch = new RuleSetWatch();
            _token = loop.Add(_watch.Descriptor, PollEvents.Readable, _ => Ring());
        });
    }

    /// <summary>Does not ring for what is changed meanwhile: it is the application's own.</summary>
    internal void Deafly(Action change)
    {
        _loop.Invoke(() => _isDeaf = true);
        try
        {
            change();
        }
        finally
        {
            _loop.Invoke(() =>
            {
                _watch!.Drain();
                _isDeaf = false;
            });
        }
    }

    public void Dispose()
    {
        _loop.Invoke(() =>
        {
            _loop.Remove(_watch!.Descriptor, _token);
            _watch.Dispose();
        });
        _timer.Dispose();
    }

    private void Ring()
    {
        _watch!.Drain();
        if (!_isDeaf && Interlocked.Exchange(ref _rung, 1) == 0)
        {
            _timer.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }
}
