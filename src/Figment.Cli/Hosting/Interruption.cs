using System.Runtime.InteropServices;

namespace Figment.Cli.Hosting;

/// <summary>Ctrl-C and SIGTERM: the first cancels politely, the second ends the process at once. Signals come on a thread of the runtime's.</summary>
internal sealed class Interruption : IDisposable
{
    private const int SIGINT = 2;
    private const int SIGTERM = 15;

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly List<Action> _beforeEnd = [];
    private Func<int, bool>? _first;
    private int _signal;

    public CancellationToken Token => _source.Token;

    /// <summary>Exit code after an interruption.</summary>
    public int ExitCode => ExitCodes.Signal + (_signal == 0 ? SIGINT : _signal);

    public void Listen()
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, SIGINT)));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, SIGTERM)));
    }

    /// <summary>Somebody else decides about the first signal from now on (the program of <c>run</c> and <c>exec</c> gets it); true: taken care of.</summary>
    public void Divert(Func<int, bool>? first) => Volatile.Write(ref _first, first);

    /// <summary>Done also when the process ends at once: a terminal gets its mode back.</summary>
    public void BeforeEnd(Action action)
    {
        lock (_beforeEnd)
        {
            _beforeEnd.Add(action);
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext context, int signal)
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _signal, signal, 0) == 0)
        {
            if (Volatile.Read(ref _first) is not { } first || !first(signal))
            {
                _source.Cancel();
            }

            return;
        }

        lock (_beforeEnd)
        {
            _beforeEnd.ForEach(action => action());
        }

        Environment.Exit(ExitCodes.Signal + signal);
    }
}
