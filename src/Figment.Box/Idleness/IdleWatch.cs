using Figment.Box.Diagnostics;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Machines.Idleness;
using Figment.Model.Control;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Box.Idleness;

/// <summary>
/// Looks at the machine again and again, and tells the keeper when it has been quiet for as long as its policy says, and when that is over. A frozen machine is not looked at.
/// One thread of its own looks; everything else may be called from any.
/// </summary>
internal sealed class IdleWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MachineCgroup _cgroup;
    private readonly int _program;
    private readonly Descriptor _network;
    private readonly Func<long> _outputBytes;
    private readonly LoadMeter? _load;
    private readonly Action<BoxMessage> _tell;
    private readonly BoxLog _log;
    private readonly TimeProvider _time;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private IdleSpec _policy;
    private MachineActivity? _activity;
    private Activity _last;
    private Activity _quietFrom;

    /// <summary>Since then at most its processor time has moved.</summary>
    private Activity _aloneFrom;
    private bool _isRestless;
    private long _retryAtMs;
    private int _retryFactor = 1;
    private int _soonTried;
    private int _asked;
    private int _exempt;
    private bool _isTold;
    private bool _isFrozen;
    private bool _isDisposed;

    /// <param name="policy">The machine's.</param>
    /// <param name="cgroup">Its control group.</param>
    /// <param name="program">Its first process.</param>
    /// <param name="network">Its network namespace.</param>
    /// <param name="outputBytes">What its program has written so far.</param>
    /// <param name="load">What it has to do is told, too; null: not. Owned.</param>
    /// <param name="tell">Sends to the keeper, if there is one.</param>
    /// <param name="log">For what the keeper need not know.</param>
    /// <param name="time">The clock.</param>
    public IdleWatch(IdleSpec policy, MachineCgroup cgroup, int program, Descriptor network, Func<long> outputBytes, LoadMeter? load, Action<BoxMessage> tell, BoxLog log, TimeProvider time)
    {
        (_policy, _cgroup, _program, _network, _outputBytes, _load, _tell, _log, _time) = (policy, cgroup, program, network, outputBytes, load, tell, log, time);
        _thread = new Thread(Run) { IsBackground = true, Name = "idle" };
        _thread.Start();
    }

    /// <summary>From now on this policy.</summary>
    public void Change(IdleSpec policy)
    {
        lock (_lock)
        {
            _policy = policy;
            StartOver();
            Wake();
        }
    }

    /// <summary>Somebody came to the machine through its box.</summary>
    public void Asked()
    {
        lock (_lock)
        {
            _asked++;
        }
    }

    /// <summary>A keeper that comes later knows nothing of what was told.</summary>
    public void TellAgain()
    {
        lock (_lock)
        {
            _isTold = false;
            _load?.TellAgain();
        }
    }

    /// <summary>What the machine does until the return value is disposed is not its own doing: a health check.</summary>
    public IDisposable Exempt()
    {
        lock (_lock)
        {
            Look();
            _exempt++;
        }

        return new Exemption(this);
    }

    /// <summary>The keeper is told this, too.</summary>
    public void OnFreeze(BoxMessage message)
    {
        lock (_lock)
        {
            switch (message)
            {
                case BoxMessage.Frozen:
                    _isFrozen = true;
                    break;
                case BoxMessage.Busy busy:
                    _isTold = false;
                    TryAgainLater(busy.EndsInMs);
                    break;
                case BoxMessage.Thawed { Cause: ThawCause.Undone }:
                    // Others wait for one of them that is tried again; this one is still quiet.
                    (_isFrozen, _isTold) = (false, false);
                    if (TryRead(out var now))
                    {
                        TellQuiet(now);
                    }

                    break;
                case BoxMessage.Thawed:
                    _isFrozen = false;
                    StartOver();
                    break;
                default:
                    return;
            }

            Wake();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            Wake();
            _isDisposed = true;
        }

        _thread.Join();
        _load?.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        if (ProcessorTime.Open(_cgroup) is not { } processor)
        {
            _log.Warn("this system does not count the processor time of control groups: whether the machine is idle cannot be told");
            return;
        }

        try
        {
            using (processor)
            {
                NamespaceThread.Enter(_network, NamespaceKind.Network);
                using var activity = new MachineActivity(processor, _program, _outputBytes, _time);
                lock (_lock)
                {
                    _activity = activity;
                    StartOver();
                }

                while (Wait())
                {
                    lock (_lock)
                    {
                        Look();
                    }
                }

                lock (_lock)
                {
                    _activity = null;
                }
            }
        }
        catch (Exception exception) when (exception is LinuxException or IOException or InvalidDataException)
        {
            // Its last process has ended, and /proc no longer shows it.
            _log.Warn($"the machine is not looked at: {exception.Message}");
        }
    }

    /// <summary>Until the next look; false at the end.</summary>
    private bool Wait()
    {
        while (true)
        {
            TimeSpan pause;
            lock (_lock)
            {
                if (_isDisposed)
                {
                    return false;
                }

                pause = Pause();
            }

            if (!_wake.WaitOne(pause))
            {
                return true;
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private TimeSpan Pause()
    {
        if (_isFrozen || (_policy.FreezeAfterMs == 0 && _load is null))
        {
            return Timeout.InfiniteTimeSpan;
        }

        // Until it is tried again only whether it stays quiet is of interest, and the counters keep that.
        long lookMs = _policy.FreezeAfterMs == 0 ? IdleLimits.LoadMs : _retryAtMs > _last.AtMs ? Math.Min(_policy.FreezeAfterMs, _retryAtMs - _last.AtMs) : Quietness.LookMs(_policy);
        return TimeSpan.FromMilliseconds(_load is null ? lookMs : Math.Min(lookMs, IdleLimits.LoadMs));
    }

    /// <summary>Under the lock.</summary>
    private void Look()
    {
        if (_isFrozen || _exempt > 0 || !TryRead(out var now))
        {
            return;
        }

        if (_load?.Measure(_activity!, _last, now) is { } load)
        {
            _tell(load);
        }

        if (_policy.FreezeAfterMs == 0)
        {
            _last = now;
            return;
        }

        bool isQuiet = Quietness.IsQuiet(_policy, _last, now);
        NoticeRestlessness(now, isQuiet);
        _last = now;
        if (!isQuiet)
        {
            _quietFrom = now;
            (_retryAtMs, _retryFactor, _soonTried) = (0, 1, 0);
            if (_isTold)
            {
                _isTold = false;
                _tell(new BoxMessage.Active());
            }
        }
        else
        {
            TellQuiet(now);
        }
    }

    /// <summary>Under the lock: that it is, if it has been for long enough, is not known yet, and it is not too early to try again.</summary>
    private void TellQuiet(Activity now)
    {
        if (!_isTold && now.AtMs - _quietFrom.AtMs >= _policy.FreezeAfterMs && now.AtMs >= _retryAtMs)
        {
            _isTold = true;
            _tell(new BoxMessage.Quiet
            {
                ForMs = now.AtMs - _quietFrom.AtMs,
                ProcessorUs = now.ProcessorUs - _quietFrom.ProcessorUs,
                NetworkBytes = now.NetworkBytes - _quietFrom.NetworkBytes,
                Peers = _activity!.Peers,
            });
        }
    }

    /// <summary>Under the lock. What is in the way now is likely to be in the way again; a member of a group is tried after it some times, for all of them must be free of such at one moment.</summary>
    private void TryAgainLater(long? endsInMs)
    {
        if (!TryRead(out var now))
        {
            return;
        }

        if (_policy.IgnoreHeartbeat && _soonTried < IdleLimits.SoonTriedMax && endsInMs is { } soon)
        {
            _soonTried++;
            _retryAtMs = now.AtMs + soon + IdleLimits.SoonMarginMs;
            return;
        }

        _retryAtMs = now.AtMs + (_policy.FreezeAfterMs * _retryFactor);
        _retryFactor = Math.Min(_retryFactor * 2, IdleLimits.RetryFactorMax);
    }

    /// <summary>Under the lock.</summary>
    private void NoticeRestlessness(Activity now, bool isQuiet)
    {
        if (isQuiet || !Quietness.IsQuiet(_policy, _last with { ProcessorUs = now.ProcessorUs }, now))
        {
            (_aloneFrom, _isRestless) = (now, false);
        }
        else if (!_isRestless && Quietness.IsRestless(_policy, _aloneFrom, now))
        {
            _isRestless = true;
            long percent = (now.ProcessorUs - _aloneFrom.ProcessorUs) / (10 * (now.AtMs - _aloneFrom.AtMs));
            _tell(new BoxMessage.Busy { Reason = $"it has used {percent} % of a core for {(now.AtMs - _aloneFrom.AtMs) / 1000} s although nothing comes and nothing goes" });
        }
    }

    /// <summary>Under the lock. False: it has ended, or is not looked at yet.</summary>
    private bool TryRead(out Activity now)
    {
        now = default;
        if (_activity is null)
        {
            return false;
        }

        try
        {
            now = _activity.Read(_asked, always: _load is not null);
            return true;
        }
        catch (Exception exception) when (exception is LinuxException or IOException or InvalidDataException)
        {
            _log.Warn($"the machine is not looked at any more: {exception.Message}");
            _activity = null;
            return false;
        }
    }

    /// <summary>Under the lock: what waits until the next look waits anew.</summary>
    private void Wake()
    {
        if (!_isDisposed)
        {
            _wake.Set();
        }
    }

    /// <summary>Under the lock.</summary>
    private void StartOver()
    {
        if (TryRead(out var now))
        {
            _last = _quietFrom = _aloneFrom = now;
        }

        (_isTold, _isRestless, _retryAtMs, _retryFactor, _soonTried) = (false, false, 0, 1, 0);
    }

    private void EndExemption()
    {
        lock (_lock)
        {
            _exempt--;
            if (!TryRead(out var now))
            {
                return;
            }

            _quietFrom = _quietFrom with
            {
                ProcessorUs = _quietFrom.ProcessorUs + now.ProcessorUs - _last.ProcessorUs,
                NetworkBytes = _quietFrom.NetworkBytes + now.NetworkBytes - _last.NetworkBytes,
            };
            _last = now;
        }
    }

    private sealed class Exemption(IdleWatch watch) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                watch.EndExemption();
            }
        }
    }
}
