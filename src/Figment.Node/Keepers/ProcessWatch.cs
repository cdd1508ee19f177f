using Figment.Linux.Polling;
using Figment.Linux.Processes;

namespace Figment.Node.Keepers;

/// <summary>Tells when processes end, also those that are not children (pidfd_open(2)). One thread of its own waits; callbacks run on the pool.</summary>
public sealed class ProcessWatch : IDisposable
{
    private const ulong WakeToken = 0;

    private readonly Epoll _epoll = new();
    private readonly EventDescriptor _wake = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, (Pidfd Process, Action Ended)> _watched = [];
    private readonly Thread _thread;
    private ulong _next = WakeToken;
    private volatile bool _stopping;

    public ProcessWatch()
    {
        _epoll.Add(_wake.Descriptor, PollEvents.Readable, WakeToken);
        _thread = new Thread(Run) { IsBackground = true, Name = "process-watch" };
        _thread.Start();
    }

    /// <summary>Calls <paramref name="ended"/> once when the process ends, at once if it already has.</summary>
    public void Add(Pidfd process, Action ended)
    {
        lock (_lock)
        {
            ulong token = ++_next;
            _watched[token] = (process, ended);
            _epoll.Add(process.Descriptor, PollEvents.Readable, token);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        foreach (var (process, _) in _watched.Values)
        {
            process.Dispose();
        }

        _epoll.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        var reports = new List<(ulong Token, PollEvents Events)>();
        while (!_stopping)
        {
            _epoll.Wait(-1, reports);
            foreach (var (token, _) in reports)
            {
                if (token != WakeToken)
                {
                    End(token);
                }
            }
        }
    }

    private void End(ulong token)
    {
        Action ended;
        lock (_lock)
        {
            if (!_watched.Remove(token, out var watched))
            {
                return;
            }

            _epoll.Remove(watched.Process.Descriptor);
            watched.Process.Dispose();
            ended = watched.Ended;
        }

        ThreadPool.QueueUserWorkItem(static callback => callback(), ended, preferLocal: false);
    }
}
