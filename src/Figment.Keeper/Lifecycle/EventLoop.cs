using System.Collections.Concurrent;
using Figment.Linux.Files;
using Figment.Linux.Polling;

namespace Figment.Keeper.Lifecycle;

/// <summary>
/// One thread that waits for descriptors, timers and what other threads post, and runs what belongs to each. All state of a keeper is touched on this thread only,
/// so nothing else there needs a lock. <see cref="Post"/> and <see cref="Stop"/> may be called from any thread.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const ulong WakeToken = 0;

    private readonly Epoll _epoll = new();
    private readonly EventDescriptor _wake = new();
    private readonly ConcurrentQueue<Action> _posted = [];
    private readonly Dictionary<ulong, Action> _watched = [];
    private readonly PriorityQueue<Action, (long AtMs, long Order)> _timers = new();
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly Lock _waking = new();
    private bool _isDisposed;
    private ulong _nextToken = WakeToken + 1;
    private long _nextTimer;
    private volatile bool _stopping;

    public EventLoop(TimeProvider time)
    {
        _time = time;
        _origin = time.GetTimestamp();
        _epoll.Add(_wake.Descriptor, PollEvents.Readable, WakeToken);
    }

    /// <summary>Monotonic, from this loop's start.</summary>
    public long NowMs => (long)_time.GetElapsedTime(_origin).TotalMilliseconds;

    public void Post(Action action)
    {
        _posted.Enqueue(action);
        Wake();
    }

    /// <summary>Runs the action on every round in which the descriptor is readable, until <see cref="Unwatch"/>.</summary>
    public ulong Watch(Descriptor descriptor, Action action) => Watch(descriptor, PollEvents.Readable, action);

    /// <summary>The same for other events.</summary>
    public ulong Watch(Descriptor descriptor, PollEvents wanted, Action action)
    {
        ulong token = _nextToken++;
        _epoll.Add(descriptor, wanted, token);
        _watched.Add(token, action);
        return token;
    }

    /// <summary>Before the descriptor is closed.</summary>
    public void Unwatch(Descriptor descriptor, ulong token)
    {
        if (_watched.Remove(token))
        {
            _epoll.Remove(descriptor);
        }
    }

    public void Schedule(long atMs, Action action) => _timers.Enqueue(action, (atMs, _nextTimer++));

    public void Run()
    {
        var events = new List<(ulong Token, PollEvents Events)>();
        while (!_stopping)
        {
            _epoll.Wait(UntilTimerMs(), events);
            foreach (var (token, _) in events)
            {
                if (token == WakeToken)
                {
                    _wake.Clear();
                }
                else if (_watched.TryGetValue(token, out var action))
                {
                    action();
                }
            }

            while (!_stopping && _posted.TryDequeue(out var posted))
            {
                posted();
            }

            while (!_stopping && _timers.TryPeek(out _, out var due) && due.AtMs <= NowMs)
            {
                _timers.Dequeue()();
            }
        }
    }

    /// <summary>Ends <see cref="Run"/> after what it is doing now.</summary>
    public void Stop()
    {
        _stopping = true;
        Wake();
    }

    public void Dispose()
    {
        lock (_waking)
        {
            _isDisposed = true;
            _epoll.Dispose();
            _wake.Dispose();
        }
    }

    /// <summary>Threads that still have something to say after the end must not write to a descriptor that is somebody else's by then.</summary>
    private void Wake()
    {
        lock (_waking)
        {
            if (!_isDisposed)
            {
                _wake.Set();
            }
        }
    }

    private int UntilTimerMs()
    {
        if (!_posted.IsEmpty)
        {
            return 0;
        }

        return _timers.TryPeek(out _, out var due) ? (int)Math.Clamp(due.AtMs - NowMs, 0, int.MaxValue) : -1;
    }
}
