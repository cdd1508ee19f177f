using Figment.Machines.Idleness;
using Figment.Machines.Inputs;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Simulation.Engine;

/// <summary>One machine as the keeper and its clients find it: what box, kernel and program do of themselves. Decides nothing.</summary>
internal sealed partial class MachineModel
{
    private readonly World _world;
    private readonly EventQueue _queue;
    private readonly LookModel _look;
    private readonly ProcessorShare _processor;
    private readonly List<ConnectionModel> _connections = [];
    private readonly Queue<ConnectionModel> _waiting = new();

    /// <summary>What a frozen program does first when it goes on.</summary>
    private readonly List<Action> _onThaw = [];
    private BoxPhase _phase;

    /// <summary>Counts boxes and programs: what was to happen to an earlier one is void.</summary>
    private int _life;
    private int _accepted;
    private bool _isThawing;
    private long _closedAndSeen;
    private long _seenBytes;
    private long _processorNs;
    private long _accountedUs;

    public MachineModel(World world, MachineLaunch launch, ServicePlan plan)
    {
        (_world, _queue, Launch, Model, IsJob) = (world, world.Queue, launch, plan.Program, world.IsJob(plan.Name));
        _look = new LookModel(this, _queue);
        _processor = new ProcessorShare(_queue, Model.Processors) { Changes = Account, Done = Finish };
    }

    public MachineLaunch Launch { get; }

    public ProgramModel Model { get; }

    public string Name => Launch.Name;

    /// <summary>As its keeper numbers it; 0: there is none.</summary>
    public long Box { get; set; }

    /// <summary>The keeper holds its port.</summary>
    public bool IsHeld { get; set; }

    public bool IsFrozen { get; private set; }

    public HealthState Health { get; private set; }

    public bool HasListened => _phase == BoxPhase.Listens;

    public bool HasStarted => _phase is BoxPhase.ProgramStarts or BoxPhase.Listens;

    public bool RunsProgram => _phase is BoxPhase.BoxStarts or BoxPhase.ProgramStarts or BoxPhase.Listens or BoxPhase.Returns;

    /// <summary>With others, accepted or not.</summary>
    public int Connections => _connections.Count;

    public int Queued => _waiting.Count;

    public bool IsComputing => _processor.Count > 0 && !IsFrozen;

    public int MemoryPercent => Launch.Resources.MemoryBytes is > 0 and var limit ? (int)Math.Min(int.MaxValue, 100 * Model.MemoryKib * 1_024 / limit) : 0;

    /// <summary>Clients wait at a placeholder that nobody has given to a program.</summary>
    public bool HasPlaceholderClients => IsHeld && _waiting.Count > 0;

    public long NetworkReceivedBytes { get; private set; }

    public long NetworkSentBytes { get; private set; }

    /// <summary>Its program runs for a while and ends.</summary>
    private bool IsJob { get; }

    public long ProcessorUs()
    {
        Account();
        return _processorNs / 1_000;
    }

    /// <summary>What a program without work takes in so much time.</summary>
    public long IdleProcessorUs(long us) => us * Model.IdleProcessorPermille / 1_000;

    /// <summary>What a look finds: connections that came and went between two looks are not seen.</summary>
    public Activity Read()
    {
        foreach (var connection in _connections)
        {
            _seenBytes += connection.Payload - connection.SeenPayload + (connection.IsSeen ? 0 : IdleLimits.ConnectionBytes);
            (connection.SeenPayload, connection.IsSeen) = (connection.Payload, true);
        }

        _seenBytes += _closedAndSeen * IdleLimits.ConnectionBytes;
        _closedAndSeen = 0;
        return new Activity(_queue.NowUs / 1_000, ProcessorUs(), _seenBytes, 0, 0);
    }

    /// <summary>To the keeper, if there is one.</summary>
    public void Say(Func<long, MachineInput> word)
    {
        if (Box != 0)
        {
            _world.Keeper.Hear(word(Box));
        }
    }

    public void TellAgain() => _look.TellAgain();

    /// <summary>A client connects.</summary>
    public void Connect(ConnectionModel connection)
    {
        if (!RunsProgram && !IsHeld)
        {
            connection.Address.Refuse(connection, _world.Keeper.IsAway ? "no keeper was there to hold the port" : $"the machine was {_world.Keeper.StateOf(Name).ToString().ToLowerInvariant()}");
            return;
        }

        if (_waiting.Count >= Model.BacklogMax)
        {
            connection.Address.Refuse(connection, "the queue of connections was full");
            return;
        }

        connection.Machine = this;
        connection.Place = _connections.Count;
        _connections.Add(connection);
        _waiting.Enqueue(connection);
        _look.Touch();
        if (IsHeld)
        {
            _world.Keeper.OnPlaceholder(this);
        }
        else if (!IsFrozen)
        {
            Accept();
        }
        else if (_accepted < Model.Concurrency)
        {
            // A thread waits for connections.
            ThawSoon(SignalKind.Data);
        }
    }

    /// <summary>A request on a connection that is there.</summary>
    public void OnData(ConnectionModel connection)
    {
        if (connection.IsAccepted && connection.Current is null)
        {
            WhenAwake(() => Serve(connection), SignalKind.Data);
        }
    }

    public void Start(long box)
    {
        if (IsStored)
        {
            Return(box);
            return;
        }

        (Box, _phase, Health, IsHeld) = (box, BoxPhase.BoxStarts, HealthState.None, false);
        int life = ++_life;
        _look.Forget();
        After(Model.BoxStartUs, life, () =>
        {
            Account();
            _phase = BoxPhase.ProgramStarts;
            Say(number => new MachineInput.BoxStarted(Name, number));
            _look.Begin();
            if (IsJob)
            {
                After(Model.JobUs, life, () => EndProgram(0, "its program had done its work"));
            }
            else if (Launch.Ports.Count > 0)
            {
                After(Model.ListenUs, life, () => Listen(life));
            }
        });
    }

    public void Stop(long graceMs)
    {
        int life = _life;
        Thaw(SignalKind.User);
        After(Math.Min(Model.StopUs, graceMs * 1_000), life, () => EndProgram(0, "its program was stopped"));
    }

    public void Freeze(long tickMs, long atLeastMs) => After(Model.FreezeUs, _life, () =>
    {
        if (IsFrozen)
        {
            return;
        }

        var waits = _connections.Where(connection => connection.Current is { } request && request.DurationUs >= tickMs * 1_000).Select(connection => connection.DoneAtUs - _queue.NowUs).ToList();
        long? endsInMs = waits.Count == 0 ? null : Math.Max(0, (waits.Min() + 999) / 1_000);
        if (IsComputing || endsInMs < atLeastMs)
        {
            _look.OnBusy(IsComputing ? null : endsInMs);
            Say(box => new MachineInput.BusySaid(Name, box, IsComputing ? "a thread computes" : $"a thread goes on by itself in {endsInMs} ms"));
            return;
        }

        Account();
        IsFrozen = true;
        _look.End();
        Say(box => new MachineInput.FrozenSaid(Name, box, 1, endsInMs));
    });

    public void Thaw(SignalKind cause)
    {
        if (!IsFrozen)
        {
            return;
        }

        Account();
        (IsFrozen, _isThawing) = (false, false);
        Say(box => new MachineInput.ThawedSaid(Name, box, new Signal { Kind = cause, Port = cause == SignalKind.Data ? 80 : null, Protocol = cause == SignalKind.Data ? TransportProtocol.Tcp : null }));
        _look.Begin();
        GoOn();
    }

    /// <summary>The program ends, and then its box.</summary>
    public void EndProgram(int exitCode, string why)
    {
        Perish(why);
        _phase = BoxPhase.Clears;
        Say(box => new MachineInput.ProgramExited(Name, box, exitCode, null, false, []));
        if (_phase == BoxPhase.Clears)
        {
            After(Model.BoxEndUs, _life, KillBox);
        }
    }

    /// <summary>SIGKILL to the box: its program ends with it, without a word.</summary>
    public void KillBox()
    {
        if (Box == 0)
        {
            return;
        }

        if (_phase == BoxPhase.Returns)
        {
            // Nothing has run: it is still on storage, but its connections were its box's by then.
            LoseConnections("its box was killed");
            _phase = BoxPhase.Stored;
        }
        else if (RunsProgram)
        {
            Perish("its box was killed");
        }

        EndBox();
    }

    /// <summary>Who waits at its port is reset.</summary>
    public void ResetWaiting(string why)
    {
        while (_waiting.TryDequeue(out var connection))
        {
            Remove(connection);
            connection.Address.Fail(connection, why);
        }
    }

    private void EndBox()
    {
        long box = Box;
        Box = 0;
        if (!IsStored)
        {
            _phase = BoxPhase.None;
            _life++;
        }

        _world.Keeper.Hear(new MachineInput.BoxGone(Name, box, IsStored));
    }

    /// <summary>What waited for that, then what came meanwhile.</summary>
    private void GoOn()
    {
        Action[] first = [.. _onThaw];
        _onThaw.Clear();
        foreach (var action in first)
        {
            action();
        }

        Accept();
    }

    private void Listen(int life)
    {
        _phase = BoxPhase.Listens;
        Say(box => new MachineInput.Listening(Name, box, Loopback: false));
        Accept();
        if (life == _life && Launch.HealthCheck is { } check)
        {
            After((check.StartPeriodMs > 0 ? Math.Min(check.StartIntervalMs, check.IntervalMs) : check.IntervalMs) * 1_000, life, () =>
            {
                Health = HealthState.Healthy;
                Say(box => new MachineInput.HealthChanged(Name, box, HealthState.Healthy));
            });
        }
    }

    private void Accept()
    {
        while (_phase == BoxPhase.Listens && !IsFrozen && _accepted < Model.Concurrency && _waiting.TryDequeue(out var connection))
        {
            connection.IsAccepted = true;
            _accepted++;
            _look.Touch();
            if (connection.Requests.Count > 0)
            {
                Serve(connection);
            }
        }
    }

    private void Serve(ConnectionModel connection)
    {
        if (connection.IsClosed || connection.Current is not null || !connection.Requests.TryDequeue(out var request))
        {
            return;
        }

        connection.Current = request;
        connection.Uses++;
        Carry(connection, isAnswer: false);
        Account();
        if (Model.IsProcessorBound)
        {
            _processor.Add(connection, request.DurationUs);
        }
        else
        {
            connection.DoneAtUs = _queue.NowUs + request.DurationUs;
            _processorNs += Model.RequestProcessorUs * 1_000;
            After(request.DurationUs, _life, () => WhenAwake(() => Finish(connection), SignalKind.Timer));
        }
    }

    private void Finish(ConnectionModel connection)
    {
        if (connection.IsClosed || connection.Current is not { } request)
        {
            return;
        }

        Account();
        connection.Current = null;
        Carry(connection, isAnswer: true);
        connection.Address.Answered(_queue.NowUs - request.AtUs);
        if (connection.Requests.Count > 0)
        {
            Serve(connection);
        }
        else if (connection.Client is null)
        {
            Close(connection);
        }
        else
        {
            int uses = connection.Uses;
            _queue.In(Model.KeepAliveUs, () =>
            {
                if (!connection.IsClosed && connection.Uses == uses && connection.IsIdle)
                {
                    // The end of a connection is something to read, too.
                    connection.Address.Forget(connection);
                    WhenAwake(() => Close(connection), SignalKind.Data);
                }
            });
        }
    }

    private void Carry(ConnectionModel connection, bool isAnswer)
    {
        connection.Payload += Model.RequestBytes / 2;
        if (isAnswer)
        {
            NetworkSentBytes += Model.RequestBytes / 2;
        }
        else
        {
            NetworkReceivedBytes += Model.RequestBytes / 2;
        }

        _look.Touch();
    }

    private void Close(ConnectionModel connection)
    {
        if (connection.IsClosed)
        {
            return;
        }

        Remove(connection);
        connection.Address.Forget(connection);
        _closedAndSeen += connection.IsSeen ? 1 : 0;
        _look.Touch();
        Accept();
    }

    private void Remove(ConnectionModel connection)
    {
        connection.IsClosed = true;
        _accepted -= connection.IsAccepted ? 1 : 0;
        var last = _connections[^1];
        (_connections[connection.Place], last.Place) = (last, connection.Place);
        _connections.RemoveAt(_connections.Count - 1);
    }

    /// <summary>The program is no more, and with it its connections.</summary>
    private void Perish(string why)
    {
        Account();
        _life++;
        (IsFrozen, _isThawing) = (false, false);
        _phase = BoxPhase.None;
        _look.End();
        _processor.Clear();
        _onThaw.Clear();
        FailAll(why);
    }

    private void FailAll(string why)
    {
        _waiting.Clear();
        foreach (var connection in _connections.ToArray())
        {
            Remove(connection);
            connection.Address.Fail(connection, why);
        }

        _accepted = 0;
    }

    private void WhenAwake(Action action, SignalKind cause)
    {
        if (!IsFrozen && _phase is not (BoxPhase.Stored or BoxPhase.Returns))
        {
            action();
            return;
        }

        _onThaw.Add(action);
        if (IsFrozen)
        {
            ThawSoon(cause);
        }
        else if (IsStored)
        {
            _world.Keeper.Hear(new MachineInput.SignalArrived(Name, new Signal { Kind = cause, Port = cause == SignalKind.Data ? 80 : null }));
        }
    }

    private void ThawSoon(SignalKind cause)
    {
        if (!_isThawing)
        {
            _isThawing = true;
            After(Model.ThawUs, _life, () => Thaw(cause));
        }
    }

    private void After(long us, int life, Action action) => _queue.In(us, () =>
    {
        if (life == _life)
        {
            action();
        }
    });

    /// <summary>Adds up what has been used since the last time.</summary>
    private void Account()
    {
        long us = _queue.NowUs - _accountedUs;
        _accountedUs = _queue.NowUs;
        if (us > 0 && RunsProgram && !IsFrozen)
        {
            _processorNs += (us * Model.IdleProcessorPermille) + (long)(us * 1_000 * _processor.Busy);
        }
    }
}
