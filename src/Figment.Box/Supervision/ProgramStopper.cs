using Figment.Linux.Processes;
using Figment.Model.Launch;

namespace Figment.Box.Supervision;

/// <summary>Ends the program when asked to: what it wants to do before, its signal, and after the grace time SIGKILL, which takes the whole machine with it. Any thread.</summary>
internal sealed class ProgramStopper(ProgramLaunch program, Action beforeStop, TimeProvider time) : IDisposable
{
    private const int SIGKILL = 9;

    private readonly Lock _lock = new();
    private readonly List<int> _early = [];
    private readonly ManualResetEventSlim _ended = new();
    private Pidfd? _process;
    private (int? Signal, long? GraceMs)? _asked;
    private bool _stopping;

    /// <summary>The program runs; what was asked before is done now.</summary>
    public void Started(Pidfd process)
    {
        lock (_lock)
        {
            _process = process;
            _early.ForEach(signal => process.Signal(signal));
            if (_asked is { } asked)
            {
                Begin(process, asked.Signal, asked.GraceMs);
            }
        }
    }

    /// <summary>The program has ended.</summary>
    public void Ended() => _ended.Set();

    /// <summary>A second call shortens nothing; a caller that is impatient sends SIGKILL.</summary>
    public void Stop(int? signal, long? graceMs)
    {
        lock (_lock)
        {
            if (_process is { } process)
            {
                Begin(process, signal, graceMs);
            }
            else
            {
                _asked ??= (signal, graceMs);
            }
        }
    }

    public void Signal(int signal)
    {
        lock (_lock)
        {
            if (_process is null)
            {
                _early.Add(signal);
            }
            else
            {
                _process.Signal(signal);
            }
        }
    }

    public void Dispose() => _ended.Dispose();

    private void Begin(Pidfd process, int? signal, long? graceMs)
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        var thread = new Thread(() => Run(process, signal ?? program.StopSignal, TimeSpan.FromMilliseconds(graceMs ?? program.StopGraceMs))) { IsBackground = true, Name = "stop" };
        thread.Start();
    }

    private void Run(Pidfd process, int signal, TimeSpan grace)
    {
        // The grace time counts from the request, hooks included, as Docker counts it.
        long start = time.GetTimestamp();
        beforeStop();
        process.Signal(signal);
        var left = grace - time.GetElapsedTime(start);
        if (!_ended.Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero))
        {
            process.Signal(SIGKILL);
        }
    }
}
