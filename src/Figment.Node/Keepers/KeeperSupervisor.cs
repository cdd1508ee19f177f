using System.Collections.Concurrent;
using System.Diagnostics;
using Figment.Api.Contract;
using Figment.Linux.Errors;
using Figment.Linux.Processes;
using Figment.Model.Control;
using Figment.Node.Errors;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Keepers;

/// <summary>
/// Starts keepers, finds those that run, and starts a keeper again that died although its application is wanted. Keepers outlive this process: they are no session of its own and get no signal from it.
/// </summary>
public sealed class KeeperSupervisor : IDisposable
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(30);

    /// <summary>A keeper that lived this long starts again at once.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>From the answer to <c>down</c> to the process's end.</summary>
    private static readonly TimeSpan ExitWait = TimeSpan.FromSeconds(10);

    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<KeeperSupervisor> _log;
    private readonly ProcessWatch _watch = new();
    private readonly ConcurrentDictionary<string, Keeper> _keepers = new();
    private readonly ConcurrentDictionary<string, TimeSpan> _delays = new();
    private readonly ConcurrentDictionary<string, Task> _returns = new();
    private readonly CancellationTokenSource _stopping = new();

    public KeeperSupervisor(NodeOptions options, TimeProvider time, ILogger<KeeperSupervisor> log)
    {
        _options = options;
        _time = time;
        _log = log;
    }

    /// <summary>Raised on a pool thread when a keeper runs: after its start, and when it was found or started again.</summary>
    public event Action<string>? Running;

    public KeeperClient Client(string application) => new(application, SocketPath(application));

    /// <summary>Process id of the keeper that runs; null when none does.</summary>
    public int? Pid(string application) => _keepers.TryGetValue(application, out var keeper) ? keeper.Pid : null;

    /// <summary>Takes over the keeper that runs, if one does; it is watched from now on.</summary>
    public async Task<bool> AdoptAsync(string application, CancellationToken cancellation)
    {
        if (_keepers.ContainsKey(application))
        {
            return true;
        }

        if (!File.Exists(SocketPath(application)))
        {
            return false;
        }

        try
        {
            var (_, pid) = await Client(application).AskWithPidAsync(new KeeperRequest.Status(), KeeperClient.Quick, cancellation).ConfigureAwait(false);
            return Watch(application, pid);
        }
        catch (KeeperLostException)
        {
            return false;
        }
    }

    /// <summary>Starts the keeper from the launch file that is there, and returns when it answers.</summary>
    public async Task StartAsync(string application, CancellationToken cancellation)
    {
        if (await AdoptAsync(application, cancellation).ConfigureAwait(false))
        {
            return;
        }

        string folder = _options.Places.ApplicationRuntime(application);
        string logPath = Path.Combine(folder, "keeper.log");
        if (!File.Exists(_options.KeeperPath))
        {
            throw new NodeException(ErrorCode.Failed, $"{_options.KeeperPath} is missing: no keeper can be started for {application}", "install Figment completely, or set FIGMENT_BIN_DIR to the folder of figment-keeper");
        }

        // Process.Start cannot pass files as standard streams; the shell opens them and becomes the keeper.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$1\" </dev/null >>\"$2\" 2>&1", _options.KeeperPath, folder, logPath])
        {
            WorkingDirectory = "/",
        })!;
        int pid = await WaitForAnswerAsync(application, process, logPath, cancellation).ConfigureAwait(false);
        Watch(application, pid);
        Running?.Invoke(application);
    }

    /// <summary>From now on its end is no fault.</summary>
    public void Expect(string application)
    {
        if (_keepers.TryGetValue(application, out var keeper))
        {
            keeper.EndExpected = true;
        }
    }

    /// <summary>Waits until the keeper's process is gone; kills one that stays although it has answered <c>down</c>.</summary>
    public async Task WaitForEndAsync(string application)
    {
        if (!_keepers.TryGetValue(application, out var keeper))
        {
            return;
        }

        try
        {
            await keeper.Ended.Task.WaitAsync(ExitWait, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _log.LogWarning("the keeper of {Application} (process {Pid}) has answered \"down\" and stays; it is killed", application, keeper.Pid);
            Kill(keeper.Pid);
            await keeper.Ended.Task.WaitAsync(ExitWait, _time).ConfigureAwait(false);
        }
    }

    /// <summary>A keeper that does not answer is being found or started again by this.</summary>
    public void Return(string application, Task attempt) => _returns[application] = attempt;

    /// <summary>Waits while the keeper that an earlier daemon has left is being found or started again; not at all if that is over.</summary>
    public async Task AwaitFoundAsync(string application, TimeSpan limit)
    {
        if (_returns.TryGetValue(application, out var attempt))
        {
            await attempt.WaitAsync(limit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits while a keeper that does not answer is being found or started again. False: nobody does so, or it takes longer.</summary>
    public async Task<bool> AwaitReturnAsync(string application, TimeSpan limit, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(limit);
        try
        {
            if (_keepers.TryGetValue(application, out var keeper))
            {
                // It has closed its socket and is about to be seen to have ended.
                await keeper.Ended.Task.WaitAsync(limited.Token).ConfigureAwait(false);
            }

            if (!_returns.TryGetValue(application, out var attempt))
            {
                return false;
            }

            await attempt.WaitAsync(limited.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _watch.Dispose();
        _stopping.Dispose();
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Pidfd.Open(pid);
            process.Signal(SIGKILL);
        }
        catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
        {
            // It ended by itself meanwhile, which is what was wanted.
        }
    }

    private string SocketPath(string application) => Path.Combine(_options.Places.ApplicationRuntime(application), "keeper.sock");

    private async Task<int> WaitForAnswerAsync(string application, Process process, string logPath, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(_options.KeeperStart);
        string? last = null;
        try
        {
            while (true)
            {
                try
                {
                    var (reply, pid) = await Client(application).AskWithPidAsync(new KeeperRequest.Status(), KeeperClient.Quick, limited.Token).ConfigureAwait(false);
                    if (reply.Error is null)
                    {
                        return pid;
                    }

                    last = reply.Error;
                }
                catch (KeeperLostException exception)
                {
                    last = exception.Message;
                }

                if (process.HasExited)
                {
                    throw new NodeException(ErrorCode.Failed, $"the keeper of {application} ended with code {process.ExitCode} while starting: {Tail(logPath)}");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(5), _time, limited.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Kill(process.Id);
            throw new NodeException(ErrorCode.Failed, $"the keeper of {application} was not ready within {_options.KeeperStart.TotalSeconds:0} s ({last}) and was killed: {Tail(logPath)}");
        }
        catch
        {
            Kill(process.Id);
            throw;
        }
    }

    /// <summary>The last lines that a keeper wrote: a first up that fails takes the file back with all the rest.</summary>
    private static string Tail(string logPath)
    {
        const int TailLines = 10;
        return File.Exists(logPath) ? string.Join(" | ", File.ReadLines(logPath).TakeLast(TailLines)) : "it wrote nothing";
    }

    private bool Watch(string application, int pid)
    {
        Pidfd process;
        try
        {
            process = Pidfd.Open(pid);
        }
        catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
        {
            return false;
        }

        var keeper = new Keeper(pid, _time.GetTimestamp());
        _keepers[application] = keeper;
        _watch.Add(process, () => Ended(application, keeper));
        return true;
    }

    private void Ended(string application, Keeper keeper)
    {
        _keepers.TryRemove(new KeyValuePair<string, Keeper>(application, keeper));
        if (!keeper.EndExpected && !_stopping.IsCancellationRequested)
        {
            bool settled = _time.GetElapsedTime(keeper.StartedAt) > Settled;
            var delay = settled ? TimeSpan.Zero : _delays.GetValueOrDefault(application, BackoffFirst);
            _log.LogError("the keeper of {Application} (process {Pid}) has died; it is started again in {Delay} ms", application, keeper.Pid, delay.TotalMilliseconds);
            Return(application, RestartAsync(application, delay));
        }

        keeper.Ended.TrySetResult();
    }

    private async Task RestartAsync(string application, TimeSpan delay)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(delay, _time, _stopping.Token).ConfigureAwait(false);
                delay = delay < BackoffFirst ? BackoffFirst : TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, BackoffMax.Ticks));
                _delays[application] = delay;
                if (!File.Exists(Path.Combine(_options.Places.ApplicationRuntime(application), "keeper.json")))
                {
                    return;
                }

                await StartAsync(application, _stopping.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is NodeException or IOException)
            {
                _log.LogError("{Message}", exception.Message);
            }
        }
    }

    private sealed class Keeper(int pid, long startedAt)
    {
        public int Pid { get; } = pid;

        public long StartedAt { get; } = startedAt;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public volatile bool EndExpected;
    }
}
