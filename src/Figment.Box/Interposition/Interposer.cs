using System.Collections.Concurrent;
using Figment.Box.Diagnostics;
using Figment.Box.Relays;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Polling;
using Figment.Linux.Seccomp;
using Figment.Model.Control;

namespace Figment.Box.Interposition;

/// <summary>
/// Answers the trapped calls of all programs of the machine, on one thread of its own that waits for nothing else: a call costs a few microseconds.
/// The public methods may be called from any thread; they leave a command.
/// </summary>
internal sealed class Interposer : IDisposable
{
    private const ulong WakeToken = 0;

    private readonly BoxMessage.Launch _launch;
    private readonly Action<BoxMessage> _tell;
    private readonly Action<BoxMessage.Listening> _listening;
    private readonly BoxLog _log;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly EventDescriptor _wake = new();
    private readonly Epoll _epoll = new();
    private readonly Dictionary<ulong, TrapListener> _listeners = [];
    private readonly PlaceholderTable _placeholders;
    private readonly ConnectGate _gate;
    private readonly ListenWatch _listens;
    private readonly BindHandler _binds;
    private readonly RelayService _relays;
    private readonly Thread _thread;
    private readonly List<BoxMessage.Listening> _restored = [];
    private ulong _lastToken;
    private long? _settleAt;
    private bool _settled;
    private volatile bool _stopping;

    /// <param name="launch">The machine.</param>
    /// <param name="network">Its network namespace.</param>
    /// <param name="generation">The page that says whether grants still hold.</param>
    /// <param name="tell">Sends to the keeper, if there is one.</param>
    /// <param name="listening">Told of each port, on the trap thread.</param>
    /// <param name="log">For what the keeper need not know.</param>
    /// <param name="time">The clock.</param>
    public Interposer(
        BoxMessage.Launch launch, Descriptor network, GenerationPage generation, Action<BoxMessage> tell, Action<BoxMessage.Listening> listening, BoxLog log, TimeProvider time)
    {
        (_launch, _tell, _listening, _log, _time) = (launch, tell, listening, log, time);
        _placeholders = new PlaceholderTable(tell);
        _gate = new ConnectGate(launch, generation, _placeholders, tell, time);
        _listens = new ListenWatch(Listening, time);
        _relays = new RelayService(network, log, time);
        _binds = new BindHandler(_placeholders, _listens, _relays, ConnectGate.OwnAddresses(launch), log);
        _epoll.Add(_wake.Descriptor, PollEvents.Readable, WakeToken);
        _thread = new Thread(Run) { IsBackground = true, Name = "traps" };
        _thread.Start();
    }

    /// <summary>Answers this listener's calls from now on; owns it.</summary>
    public void Watch(TrapListener listener) => Post(() =>
    {
        _listeners[++_lastToken] = listener;
        _epoll.Add(listener.Descriptor, PollEvents.Readable, _lastToken);
    });

    public void Add(Placeholder placeholder) => Post(() => _placeholders.Add(placeholder));

    public void Granted(long id) => Post(() => _gate.Grant(id));

    /// <summary>Connections that were there before the program's own socket and go through the box.</summary>
    public int RelayedConnections => _relays.Connections;

    /// <summary>What is trapped from now on is said by who restores the machine.</summary>
    public void BeginRestore() => Post(() =>
    {
        _gate.IsRestoring = true;
        _placeholders.BeginRestore();
    });

    /// <summary>Connections that the machine still has; owns them.</summary>
    /// <param name="connections">By the places of <see cref="Figment.Migration.Images.ConnectionImages"/>.</param>
    public void Keep(IReadOnlyList<Descriptor> connections) => Post(() => _binds.Keep(connections));

    /// <summary>What is trapped once this returns is said by the machine's programs.</summary>
    public void EndRestore() => LeaveRestore(() =>
    {
        _placeholders.EndRestore();
        _restored.ForEach(listening => _relays.Listening(listening.Port, listening.Protocol));
    });

    /// <summary>Nothing was restored: what is trapped once this returns is said by a program that is started instead. Who waits for the machine waits for that.</summary>
    public void AbandonRestore() => LeaveRestore(() =>
    {
        _placeholders.AbandonRestore();
        _listens.Forget();
        (_settled, _settleAt) = (false, null);
    });

    public void KeeperChanged(bool present) => Post(() => _gate.KeeperChanged(present));

    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _wake.Set();
        _thread.Join();
        _relays.Dispose();
        _placeholders.Dispose();
        _binds.Keep([]);
        foreach (var listener in _listeners.Values)
        {
            listener.Dispose();
        }

        _epoll.Dispose();
        _wake.Dispose();
    }

    private void LeaveRestore(Action leave)
    {
        using var done = new ManualResetEventSlim();
        Post(() =>
        {
            _gate.IsRestoring = false;
            _binds.Keep([]);
            leave();
            _restored.Clear();
            done.Set();
        });
        done.Wait();
    }

    private void Post(Action command)
    {
        _commands.Enqueue(command);
        _wake.Set();
    }

    private void Run()
    {
        List<(ulong Token, PollEvents Events)> ready = [];
        while (!_stopping)
        {
            _epoll.Wait(UntilNext(), ready);
            foreach (var (token, events) in ready)
            {
                if (token == WakeToken)
                {
                    _wake.Clear();
                }
                else if ((events & PollEvents.Readable) != 0)
                {
                    Answer(_listeners[token]);
                }
                else
                {
                    Forget(token);
                }
            }

            while (_commands.TryDequeue(out var command))
            {
                command();
            }
        }
    }

    /// <summary>Does what is due and returns the milliseconds until the next time, -1 if there is none.</summary>
    private int UntilNext()
    {
        long now = _time.GetTimestamp();
        long? next = Earlier(_listens.Check(now), _gate.ReleaseDue(now));
        if (_settleAt <= now)
        {
            _settleAt = null;
            _placeholders.Settle();
        }

        next = Earlier(next, _settleAt);
        return next is { } at ? (int)Math.Clamp(Math.Ceiling(_time.GetElapsedTime(now, at).TotalMilliseconds), 0, int.MaxValue) : -1;
    }

    private static long? Earlier(long? one, long? other) => one is null ? other : other is null ? one : Math.Min(one.Value, other.Value);

    private void Answer(TrapListener listener)
    {
        try
        {
            if (!listener.TryReceive(out var call))
            {
                return;
            }

            switch (call.Kind)
            {
                case TrappedCallKind.Connect:
                    _gate.Handle(listener, call);
                    break;
                case TrappedCallKind.Bind:
                    _binds.Bind(listener, call);
                    break;
                case TrappedCallKind.Listen:
                    _binds.Listen(listener, call);
                    break;
                case TrappedCallKind.AcceptsConnections:
                    _binds.AcceptsConnections(listener, call);
                    break;
                default:
                    listener.Continue(call.Id);
                    break;
            }
        }
        catch (LinuxException exception)
        {
            _log.Warn($"a trapped call could not be answered: {exception.Message}");
        }
    }

    private void Forget(ulong token)
    {
        if (_listeners.Remove(token, out var listener))
        {
            _epoll.Remove(listener.Descriptor);
            listener.Dispose();
        }
    }

    private void Listening(BoxMessage.Listening listening)
    {
        if (_gate.IsRestoring)
        {
            // Who waits is led to it when it runs, and not before that is certain.
            _restored.Add(listening);
        }
        else
        {
            _relays.Listening(listening.Port, listening.Protocol);
        }

        _listening(listening);
        _tell(listening);
        if (!listening.Loopback && !_settled)
        {
            _settled = true;
            _settleAt = _time.GetTimestamp() + (long)(_launch.Machine.SettleMs / 1000.0 * _time.TimestampFrequency);
        }
    }
}
