using Figment.Box.Launching;
using Figment.Model.Control;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Box.Health;

/// <summary>Runs the machine's health check again and again, on one thread, and tells when its verdict changes.</summary>
internal sealed class HealthMonitor : IDisposable
{
    private readonly HealthCheckSpec _check;
    private readonly MachineExec _exec;
    private readonly Func<IDisposable?> _begin;
    private readonly Action<BoxMessage.HealthChanged> _changed;
    private readonly TimeProvider _time;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Thread _thread;

    /// <param name="check">What is done how often.</param>
    /// <param name="exec">Does it.</param>
    /// <param name="begin">Called before each check, and what it returns disposed after it; null: none now, the verdict stays.</param>
    /// <param name="changed">Told of each change of the verdict.</param>
    /// <param name="time">The clock.</param>
    public HealthMonitor(HealthCheckSpec check, MachineExec exec, Func<IDisposable?> begin, Action<BoxMessage.HealthChanged> changed, TimeProvider time)
    {
        (_check, _exec, _begin, _changed, _time) = (check, exec, begin, changed, time);
        _thread = new Thread(Run) { IsBackground = true, Name = "health" };
        _thread.Start();
    }

    /// <summary>There is something to check.</summary>
    public static bool IsWanted(HealthCheckSpec? check) => check is { Disable: false, Test.Count: > 0 };

    /// <summary>Its event is left to the collector, so that a second call is harmless.</summary>
    public void Dispose()
    {
        _stopping.Set();
        _thread.Join();
    }

    private void Run()
    {
        var verdict = new HealthVerdict(_check.Retries);
        var plan = new ExecPlan { Arguments = _check.Shell ? ["/bin/sh", "-c", string.Join(' ', _check.Test)] : _check.Test };
        long start = _time.GetTimestamp();
        _changed(new BoxMessage.HealthChanged { State = HealthState.Starting });
        while (true)
        {
            long intervalMs = verdict.IsStarting(InStartPeriod(start)) ? _check.StartIntervalMs : _check.IntervalMs;
            if (_stopping.Wait(TimeSpan.FromMilliseconds(Math.Max(1, intervalMs))))
            {
                return;
            }

            using var own = _begin();
            if (own is null)
            {
                continue;
            }

            // A check that began in the start period counts as such, however long it took.
            bool inStartPeriod = InStartPeriod(start);
            var result = CommandRun.Run(_exec, plan, TimeSpan.FromMilliseconds(_check.TimeoutMs), _time);
            if (verdict.Add(result.ExitCode == 0, inStartPeriod) && !_stopping.IsSet)
            {
                _changed(new BoxMessage.HealthChanged { State = verdict.State, Output = result.Output });
            }
        }
    }

    private bool InStartPeriod(long start) => _time.GetElapsedTime(start).TotalMilliseconds < _check.StartPeriodMs;
}
