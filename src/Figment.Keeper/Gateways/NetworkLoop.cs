using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Figment.Keeper.Fabric;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.NetworkNamespaces;
using Figment.Linux.Polling;

namespace Figment.Keeper.Gateways;

/// <summary>
/// One thread in the node's namespace that serves all sockets of an application's fabric: DNS, relays. All their state belongs to it.
/// <see cref="Invoke"/> is for other threads; everything else is called on the loop's thread only.
/// </summary>
internal sealed class NetworkLoop : IDisposable
{
    /// <summary>Tickers are for time-outs of seconds.</summary>
    private const int TickMs = 250;

    private readonly Epoll _epoll = new();
    private readonly EventDescriptor _wake = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Dictionary<ulong, Action<PollEvents>> _handlers = [];
    private readonly List<Action> _tickers = [];
    private readonly TimeProvider _time;
    private readonly IFabricLog _log;
    private readonly Thread _thread;
    private ulong _lastToken;
    private long _nextTick;
    private bool _ended;

    /// <param name="node">The node's network namespace: sockets that handlers make are in it.</param>
    /// <param name="time">For time-outs.</param>
    /// <param name="log">For what goes wrong with one connection.</param>
    internal NetworkLoop(Descriptor node, TimeProvider time, IFabricLog log)
    {
        _time = time;
        _log = log;
        Origins = new Origins(time);
        _epoll.Add(_wake.Descriptor, PollEvents.Readable, 0);
        _thread = NamespaceWalk.Start(FileCalls.Duplicate(node), "network", Run);
    }

    internal TimeProvider Time => _time;

    internal IFabricLog Log => _log;

    /// <summary>Whom the gateways carry. Any thread.</summary>
    internal Origins Origins { get; }

    /// <summary>Runs something on the loop's thread and waits for it.</summary>
    internal void Invoke(Action action)
    {
        using var done = new ManualResetEventSlim();
        ExceptionDispatchInfo? failure = null;
        Post(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            done.Set();
        });
        done.Wait();
        failure?.Throw();
    }

    /// <summary>Runs something on the loop's thread soon, after what is ready now.</summary>
    internal void Post(Action action)
    {
        _posted.Enqueue(action);
        _wake.Set();
    }

    /// <summary>Watches a descriptor. Returns what <see cref="Change"/> and <see cref="Remove"/> want.</summary>
    internal ulong Add(Descriptor descriptor, PollEvents events, Action<PollEvents> ready)
    {
        ulong token = ++_lastToken;
        _epoll.Add(descriptor, events, token);
        _handlers.Add(token, ready);
        return token;
    }

    internal void Change(Descriptor descriptor, PollEvents events, ulong token) => _epoll.Change(descriptor, events, token);

    /// <summary>Ends the watch; call it before the descriptor is closed.</summary>
    internal void Remove(Descriptor descriptor, ulong token)
    {
        if (_handlers.Remove(token))
        {
            _epoll.Remove(descriptor);
        }
    }

    /// <summary>Called four times a second from now on.</summary>
    internal void AddTicker(Action tick) => _tickers.Add(tick);

    internal void RemoveTicker(Action tick) => _tickers.Remove(tick);

    public void Dispose()
    {
        Post(() => _ended = true);
        _thread.Join();
        _epoll.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        var ready = new List<(ulong Token, PollEvents Events)>();
        while (!_ended)
        {
            _epoll.Wait(_tickers.Count > 0 ? TickMs : -1, ready);
            foreach (var (token, events) in ready)
            {
                // A handler of the same batch may have ended this watch: its token is then unknown, and tokens do not come again.
                if (_handlers.TryGetValue(token, out var handler))
                {
                    Guard(() => handler(events));
                }
            }

            RunPosted();
            RunTickers();
        }
    }

    private void RunPosted()
    {
        _wake.Clear();

        // What is posted meanwhile waits for the next round, so that a busy relay cannot keep the others from their turn.
        for (int count = _posted.Count; count > 0 && _posted.TryDequeue(out var action); count--)
        {
            Guard(action);
        }

        if (!_posted.IsEmpty)
        {
            _wake.Set();
        }
    }

    private void RunTickers()
    {
        long now = _time.GetTimestamp();
        if (_tickers.Count == 0 || now < _nextTick)
        {
            return;
        }

        _nextTick = now + (TickMs * _time.TimestampFrequency / 1000);
        foreach (var tick in _tickers.ToArray())
        {
            Guard(tick);
        }
    }

    /// <summary>What the kernel refuses to one connection or query must not end the others; a fault of ours ends the keeper.</summary>
    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException exception)
        {
            _log.Warning($"network: {exception.Message}");
        }
    }
}
