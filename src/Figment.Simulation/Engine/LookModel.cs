using Figment.Machines.Elasticity;
using Figment.Machines.Idleness;
using Figment.Machines.Inputs;
using Figment.Model.Specs;

namespace Figment.Simulation.Engine;

/// <summary>
/// The box's looks at its machine: when it says that it is quiet, or is no more, and what it has to do. The rules and limits are the box's (<see cref="Quietness"/>, <see cref="IdleLimits"/>);
/// looks at which nothing can have changed are left out, for they say nothing.
/// </summary>
internal sealed class LookModel(MachineModel machine, EventQueue queue)
{
    /// <summary>A smaller change of processor time is noise: the box's number.</summary>
    private const int PercentChangeMin = 5;

    private readonly IdleSpec _policy = machine.Launch.Idle;
    private readonly bool _isElastic = machine.Launch.Elastic is not null;
    private long _anchorUs;
    private long _scheduledUs = -1;
    private bool _isLooking;
    private int _epoch;
    private long _lastUs;
    private Activity _last;
    private Activity _quietFrom;
    private Activity _aloneFrom;
    private bool _isRestless;
    private long _retryAtMs;
    private int _retryFactor = 1;
    private int _soonTried;
    private bool _isTold;
    private MachineLoad? _toldLoad;

    private long PeriodUs { get; } = Period(machine);

    /// <summary>The program starts, or goes on.</summary>
    public void Begin()
    {
        _isLooking = PeriodUs > 0;
        if (!_isLooking)
        {
            return;
        }

        _last = _quietFrom = _aloneFrom = machine.Read();
        _lastUs = queue.NowUs;
        (_isTold, _isRestless, _retryAtMs, _retryFactor, _soonTried) = (false, false, 0, 1, 0);
        Anchor();
        Touch();
    }

    /// <summary>It is frozen, or has ended.</summary>
    public void End()
    {
        _isLooking = false;
        _epoch++;
        _scheduledUs = -1;
    }

    /// <summary>Another run: nothing has been told.</summary>
    public void Forget() => _toldLoad = null;

    /// <summary>It could not be frozen.</summary>
    /// <param name="endsInMs">When the wait ends that is in the way; null: something else is.</param>
    public void OnBusy(long? endsInMs)
    {
        _isTold = false;
        long nowMs = queue.NowUs / 1_000;
        if (_policy.IgnoreHeartbeat && _soonTried < IdleLimits.SoonTriedMax && endsInMs is { } soon)
        {
            _soonTried++;
            _retryAtMs = nowMs + soon + IdleLimits.SoonMarginMs;
        }
        else
        {
            _retryAtMs = nowMs + (_policy.FreezeAfterMs * _retryFactor);
            _retryFactor = Math.Min(_retryFactor * 2, IdleLimits.RetryFactorMax);
        }

        Anchor();
        Touch();
    }

    /// <summary>A keeper that comes later knows nothing of what was told.</summary>
    public void TellAgain()
    {
        _isTold = false;
        _toldLoad = null;
        Touch();
    }

    /// <summary>Something has changed, which the next look will see.</summary>
    public void Touch()
    {
        if (_isLooking)
        {
            Schedule(NextUs());
        }
    }

    private static long Period(MachineModel machine)
    {
        var idle = machine.Launch.Idle;
        bool isElastic = machine.Launch.Elastic is not null;
        if (idle.FreezeAfterMs == 0 && !isElastic)
        {
            return 0;
        }

        long lookMs = idle.FreezeAfterMs == 0 ? IdleLimits.LoadMs : Quietness.LookMs(idle);
        return ((isElastic ? Math.Min(lookMs, IdleLimits.LoadMs) : lookMs) * 1_000) + machine.Model.LookUs;
    }

    /// <summary>Who waited for the next look waits anew.</summary>
    private void Anchor()
    {
        _anchorUs = queue.NowUs;
        _epoch++;
        _scheduledUs = -1;
    }

    private long NextUs() => _anchorUs + ((((queue.NowUs - _anchorUs) / PeriodUs) + 1) * PeriodUs);

    private void Schedule(long atUs)
    {
        if (_scheduledUs >= 0 && _scheduledUs <= atUs)
        {
            return;
        }

        _scheduledUs = atUs;
        int epoch = _epoch;
        queue.At(atUs, () =>
        {
            if (epoch == _epoch && _scheduledUs == atUs)
            {
                _scheduledUs = -1;
                Look();
            }
        });
    }

    private void Look()
    {
        // As the look before this one, which was left out, would have found it.
        long beforeUs = queue.NowUs - PeriodUs;
        if (_lastUs < beforeUs)
        {
            _last = _last with { AtMs = beforeUs / 1_000, ProcessorUs = _last.ProcessorUs + machine.IdleProcessorUs(beforeUs - _lastUs) };
        }

        var now = machine.Read();
        bool isChanged = _isElastic && TellLoad(now);
        if (_policy.FreezeAfterMs > 0)
        {
            isChanged |= TellQuiet(now);
        }

        _last = now;
        _lastUs = queue.NowUs;
        if (!_isLooking)
        {
            return;
        }

        if (isChanged || machine.IsComputing)
        {
            Schedule(NextUs());
        }
        else if (_policy.FreezeAfterMs > 0 && !_isTold)
        {
            long dueUs = Math.Max(_quietFrom.AtMs + _policy.FreezeAfterMs, _retryAtMs) * 1_000;
            long periods = Math.Max(0, (dueUs - _anchorUs + PeriodUs - 1) / PeriodUs);
            Schedule(Math.Max(NextUs(), _anchorUs + (periods * PeriodUs)));
        }
    }

    /// <summary>True if it had to be told.</summary>
    private bool TellLoad(Activity now)
    {
        double processorUs = (now.AtMs - _last.AtMs) * 1000.0 * machine.Model.Processors;
        var load = new MachineLoad(
            machine.Connections,
            machine.Queued,
            processorUs <= 0 ? _toldLoad?.ProcessorPercent ?? 0 : (int)(100 * (now.ProcessorUs - _last.ProcessorUs) / processorUs),
            machine.MemoryPercent);
        if (_toldLoad is { } told && (told.Connections, told.Queued) == (load.Connections, load.Queued)
            && Math.Abs(told.ProcessorPercent - load.ProcessorPercent) < PercentChangeMin && Math.Abs(told.MemoryPercent - load.MemoryPercent) < PercentChangeMin)
        {
            return false;
        }

        _toldLoad = load;
        machine.Say(box => new MachineInput.LoadSaid(machine.Name, box, load));
        return true;
    }

    /// <summary>True if it was not quiet.</summary>
    private bool TellQuiet(Activity now)
    {
        bool isQuiet = Quietness.IsQuiet(_policy, _last, now);
        NoticeRestlessness(now, isQuiet);
        if (!isQuiet)
        {
            _quietFrom = now;
            (_retryAtMs, _retryFactor, _soonTried) = (0, 1, 0);
            if (_isTold)
            {
                _isTold = false;
                machine.Say(box => new MachineInput.ActiveSaid(machine.Name, box));
            }

            return true;
        }

        if (!_isTold && now.AtMs - _quietFrom.AtMs >= _policy.FreezeAfterMs && now.AtMs >= _retryAtMs)
        {
            _isTold = true;
            var report = new QuietReport(now.AtMs - _quietFrom.AtMs, now.ProcessorUs - _quietFrom.ProcessorUs, now.NetworkBytes - _quietFrom.NetworkBytes, []);
            machine.Say(box => new MachineInput.QuietSaid(machine.Name, box, report));
        }

        return false;
    }

    private void NoticeRestlessness(Activity now, bool isQuiet)
    {
        if (isQuiet || !Quietness.IsQuiet(_policy, _last with { ProcessorUs = now.ProcessorUs }, now))
        {
            (_aloneFrom, _isRestless) = (now, false);
        }
        else if (!_isRestless && Quietness.IsRestless(_policy, _aloneFrom, now))
        {
            _isRestless = true;
            machine.Say(box => new MachineInput.BusySaid(machine.Name, box, $"it computes for {(now.AtMs - _aloneFrom.AtMs) / 1000} s although nothing comes and nothing goes"));
        }
    }
}
