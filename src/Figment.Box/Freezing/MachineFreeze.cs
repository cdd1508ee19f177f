using Figment.Box.Diagnostics;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Linux.Processes;
using Figment.Linux.Waits;
using Figment.Model.Control;
using Figment.Model.States;

namespace Figment.Box.Freezing;

/// <summary>
/// Freezes the machine when every thread of it waits, watches in its place what they wait for, and thaws it when something of that comes, when a wait ends, or when it is asked to.
/// Any thread; the watching is done by one of its own. See docs/idleness.md.
/// </summary>
internal sealed class MachineFreeze : IDisposable
{
    private const ulong WakeToken = 0;
    private const long NanosecondsPerMillisecond = 1_000_000;
    private const long LastMs = 1_000;
    private const string NoFreezer = "this system cannot freeze: it has neither control groups of version 2 nor the controller freezer";

    /// <summary>A process that waits for a disk longer than this is busy.</summary>
    private static readonly TimeSpan FreezeTime = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly MachineCgroup _cgroup;
    private readonly Freezer? _freezer;
    private readonly WaitSurvey _survey;
    private readonly NewcomerSearch _newcomers;
    private readonly AlarmWatch _alarms = new();
    private readonly Action<BoxMessage> _tell;
    private readonly BoxLog _log;
    private readonly TimeProvider _time;
    private readonly Epoll _epoll = new();
    private readonly EventDescriptor _wake = new();
    private readonly List<Descriptor> _watched = [];
    private IReadOnlyDictionary<(int Process, int Thread), KnownWait> _waits = new Dictionary<(int, int), KnownWait>();
    private Thread? _thread;
    private long? _endsAt;
    private long? _busyMs;
    private long? _reclaimAt;
    private MemoryRelease? _release;
    private bool _isFrozen;
    private bool _isDisposed;
    private int _awake;

    /// <param name="cgroup">The machine's.</param>
    /// <param name="network">Its network namespace.</param>
    /// <param name="tell">Sends to the keeper, if there is one.</param>
    /// <param name="log">For what the keeper need not know.</param>
    /// <param name="time">The clock.</param>
    public MachineFreeze(MachineCgroup cgroup, Descriptor network, Action<BoxMessage> tell, BoxLog log, TimeProvider time)
    {
        (_cgroup, _tell, _log, _time) = (cgroup, tell, log, time);
        _freezer = Freezer.Open(cgroup);
        _survey = new WaitSurvey(cgroup, time);
        _newcomers = new NewcomerSearch(network);
        _epoll.Add(_wake.Descriptor, PollEvents.Readable, WakeToken);
    }

    /// <summary>Tells the keeper what came of it.</summary>
    public void Freeze(BoxMessage.Freeze asked)
    {
        lock (_lock)
        {
            string? busy;
            _busyMs = null;
            try
            {
                busy = _isFrozen ? null : TryFreeze(asked);
            }
            catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
            {
                busy = _isFrozen ? GoOn(exception.Message) : exception.Message;
            }

            _tell(busy is null ? new BoxMessage.Frozen { Threads = _waits.Count, EndsInMs = MsUntil(_endsAt) } : new BoxMessage.Busy { Reason = busy, EndsInMs = _busyMs });
        }
    }

    /// <summary>Goes on.</summary>
    public void Thaw(ThawCause cause, string why)
    {
        lock (_lock)
        {
            Thaw(cause, why, newcomer: null);
        }
    }

    /// <summary>It stands still until what is returned is disposed, by the same thread, and nobody can make it go on meanwhile. Null: something is in the way.</summary>
    /// <param name="ifFrozen">Not if it moves.</param>
    /// <param name="busy">What is in the way.</param>
    public Standstill? StandStill(bool ifFrozen, out string busy)
    {
        _lock.Enter();
        busy = _isDisposed || _awake > 0 ? "somebody is at work in it"
            : ifFrozen && !_isFrozen ? "it is not frozen any more"
            : _freezer is null ? NoFreezer
            : !_isFrozen && !_freezer.Freeze(FreezeTime, _time) ? "a process of it waits for a disk"
            : "";
        if (busy.Length == 0)
        {
            return new Standstill(this);
        }

        _lock.Exit();
        return null;
    }

    /// <summary>It is not frozen until what is returned is disposed; null: it is frozen.</summary>
    public IDisposable? TryHold()
    {
        lock (_lock)
        {
            if (_isFrozen)
            {
                return null;
            }

            _awake++;
            return new Awake(this);
        }
    }

    /// <summary>Goes on, and is not frozen until what is returned is disposed.</summary>
    public IDisposable KeepAwake(string why)
    {
        lock (_lock)
        {
            _awake++;
            Thaw(ThawCause.Asked, why, newcomer: null);
        }

        return new Awake(this);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            Thaw(ThawCause.Asked, "its box ends", newcomer: null);
            _isDisposed = true;
            _wake.Set();
        }

        _thread?.Join();
        _epoll.Dispose();
        _wake.Dispose();
        _newcomers.Dispose();
        _freezer?.Dispose();
    }

    /// <summary>Null: it is frozen. Else what is in the way.</summary>
    private string? TryFreeze(BoxMessage.Freeze asked)
    {
        if (_isDisposed || _awake > 0)
        {
            return "somebody is at work in it";
        }

        if (_freezer is null)
        {
            return NoFreezer;
        }

        if (_survey.Look(asked.TickMs, out string busy, out bool passes) is not { } waits)
        {
            _busyMs = passes ? 0 : null;
            return busy;
        }

        if (Soonest(waits) is var (thread, next) && MsUntil(next.EndsAt) is { } soon && soon < asked.AtLeastMs)
        {
            _busyMs = soon;
            return $"thread {thread} goes on by itself in {soon} ms (system call {next.Wait.Call})";
        }

        _newcomers.Prepare();
        _isFrozen = true;
        if (!_freezer.Freeze(FreezeTime, _time))
        {
            return GoOn("a process of it waits for a disk");
        }

        // From here on nothing of it moves. What moved before, or came in between, is seen now.
        _waits = waits;
        if (!_survey.IsUnchanged(waits))
        {
            return PassBy("it moved meanwhile");
        }

        if (Watch(waits) is { } failure)
        {
            return GoOn(failure);
        }

        List<(ulong, PollEvents)> ready = [];
        _epoll.Wait(0, ready);
        if (ready.Exists(one => one.Item1 != WakeToken))
        {
            return PassBy("something came meanwhile");
        }

        _alarms.Begin(waits);
        _endsAt = Soonest(waits)?.Wait.EndsAt;
        if (_endsAt <= MonotonicClock.Now(_time))
        {
            return PassBy("a wait of it ends");
        }

        _reclaimAt = asked.ReclaimAfterMs > 0 ? MonotonicClock.Now(_time) + (asked.ReclaimAfterMs * NanosecondsPerMillisecond) : null;
        StartWatching();
        return null;
    }

    /// <summary>The thread that goes on first, ticks left aside.</summary>
    private static (int Thread, KnownWait Wait)? Soonest(IReadOnlyDictionary<(int Process, int Thread), KnownWait> waits)
    {
        (int Thread, KnownWait Wait)? soonest = null;
        foreach (var ((_, thread), wait) in waits)
        {
            if (!wait.IsTick && wait.EndsAt is { } end && (soonest is null || end < soonest.Value.Wait.EndsAt))
            {
                soonest = (thread, wait);
            }
        }

        return soonest;
    }

    private long? MsUntil(long? end) =>
        end is { } at ? Math.Max(0, (at - MonotonicClock.Now(_time) + NanosecondsPerMillisecond - 1) / NanosecondsPerMillisecond) : null;

    /// <summary>The next attempt may well find it at rest.</summary>
    private string PassBy(string busy)
    {
        _busyMs = 0;
        return GoOn(busy);
    }

    private string GoOn(string busy)
    {
        Release();
        return busy;
    }

    /// <summary>Null, or what cannot be watched.</summary>
    private string? Watch(IReadOnlyDictionary<(int Process, int Thread), KnownWait> waits)
    {
        foreach (var group in waits.GroupBy(wait => wait.Key.Process))
        {
            var wanted = group.SelectMany(wait => wait.Value.Wait.Descriptors).GroupBy(descriptor => descriptor.Number, descriptor => descriptor.Events).ToList();
            if (wanted.Count == 0)
            {
                continue;
            }

            using var process = Pidfd.Open(group.Key);
            foreach (var descriptor in wanted)
            {
                if (process.TakeDescriptor(descriptor.Key) is not { } duplicate)
                {
                    return $"descriptor {descriptor.Key} of process {group.Key} is gone";
                }

                _watched.Add(duplicate);
                _epoll.Add(duplicate, descriptor.Aggregate(PollEvents.None, (all, one) => all | one), (ulong)_watched.Count);
            }
        }

        return null;
    }

    private void StartWatching()
    {
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "freeze" };
            _thread.Start();
        }
        else
        {
            _wake.Set();
        }
    }

    private void Run()
    {
        List<(ulong Token, PollEvents Events)> ready = [];
        while (true)
        {
            _epoll.Wait(UntilEnd(), ready);
            lock (_lock)
            {
                if (_isDisposed)
                {
                    return;
                }

                if (ready.RemoveAll(one => one.Token == WakeToken) > 0)
                {
                    _wake.Clear();
                }

                if (!_isFrozen)
                {
                    continue;
                }

                if (ready.Count > 0)
                {
                    Thaw(ThawCause.Data, null, _newcomers.Find());
                }
                else if (_alarms.Arrived() is { } alarm)
                {
                    Thaw(ThawCause.Timer, alarm, newcomer: null);
                }
                else if (_endsAt <= MonotonicClock.Now(_time))
                {
                    Thaw(ThawCause.Timer, null, newcomer: null);
                }
                else if (_release is not null || _reclaimAt <= MonotonicClock.Now(_time))
                {
                    Reclaim();
                }
            }
        }
    }

    private int UntilEnd()
    {
        lock (_lock)
        {
            if (!_isFrozen)
            {
                return -1;
            }

            return _release is not null ? 0 : (int)Math.Min(Math.Min(Exactly(MsUntil(_endsAt) ?? int.MaxValue), MsUntil(_reclaimAt) ?? int.MaxValue), _alarms.LookMs);
        }
    }

    /// <summary>One piece.</summary>
    private void Reclaim()
    {
        try
        {
            _reclaimAt = null;
            _release ??= new MemoryRelease(_cgroup);
            if (!_release.Next())
            {
                _tell(new BoxMessage.Reclaimed { BytesBefore = _release.BytesBefore, BytesAfter = _release.Bytes() });
                EndRelease();
            }
        }
        catch (Exception exception) when (exception is LinuxException or IOException)
        {
            _log.Warn($"the machine's memory was not given back: {exception.Message}");
            EndRelease();
        }
    }

    private void EndRelease()
    {
        _release?.Dispose();
        (_release, _reclaimAt) = (null, null);
    }

    /// <summary>epoll_wait(2) may come back late by a thousandth of its limit, up to 100 ms: the last second is waited for apart.</summary>
    private static long Exactly(long ms) => ms > 2 * LastMs ? ms - LastMs : ms;

    private void Thaw(ThawCause cause, string? detail, Newcomer? newcomer)
    {
        if (_isFrozen)
        {
            Release();
            _tell(new BoxMessage.Thawed { Cause = cause, Detail = detail, FromAddress = newcomer?.FromAddress, Port = newcomer?.Port, Protocol = newcomer?.Protocol });
        }
    }

    /// <summary>The duplicates go first: a descriptor that the program closes is closed.</summary>
    private void Release()
    {
        CountFrozenTime();
        EndRelease();
        foreach (var duplicate in _watched)
        {
            try
            {
                // It may be the one that could not be watched.
                _epoll.Remove(duplicate);
            }
            catch (LinuxException exception) when (exception.Error == Errno.ENOENT || exception.Error == Errno.EPERM)
            {
                _log.Warn($"a descriptor was not watched: {exception.Message}");
            }

            duplicate.Dispose();
        }

        _watched.Clear();
        (_isFrozen, _endsAt) = (false, null);
        _freezer!.Thaw();
    }

    private void CountFrozenTime()
    {
        foreach (var ((_, thread), known) in _waits.Where(wait => wait.Value is { EndsAt: not null, Wait.SelectLimitAddress: not 0 }))
        {
            try
            {
                SelectLimit.Write(thread, known.Wait, Math.Max(0, known.EndsAt!.Value - MonotonicClock.Now(_time)));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It was killed, or has unmapped its own stack.
                _log.Warn($"the rest of a select of thread {thread} could not be written: {exception.Message}");
            }
        }

        _waits = new Dictionary<(int, int), KnownWait>();
    }

    /// <summary>Of a machine that is looked at, or taken away, while it cannot move.</summary>
    internal sealed class Standstill(MachineFreeze freeze) : IDisposable
    {
        /// <summary>It has been taken away: there is nothing left that could go on.</summary>
        public bool HasEnded { get; set; }

        /// <summary>Whoever looked at it may end at any time, and it would go on: it does not.</summary>
        public void Hold() => freeze._freezer!.Freeze(FreezeTime, freeze._time);

        /// <summary>Ends with its processes killed: some systems end none that is frozen.</summary>
        public void LetEnd() => freeze._freezer!.Thaw();

        public void Dispose()
        {
            try
            {
                if (HasEnded)
                {
                    freeze.Release();
                    freeze._awake++;
                }
                else if (!freeze._isFrozen)
                {
                    freeze._freezer!.Thaw();
                }
                else if (!freeze._freezer!.Freeze(FreezeTime, freeze._time) || !freeze._survey.IsUnchanged(freeze._waits))
                {
                    // Whoever looked at it has let it run.
                    freeze.Thaw(ThawCause.Asked, "checkpoint", newcomer: null);
                }
            }
            finally
            {
                freeze._lock.Exit();
            }
        }
    }

    private sealed class Awake(MachineFreeze freeze) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                lock (freeze._lock)
                {
                    freeze._awake--;
                }
            }
        }
    }
}
