using Figment.Api.Contract;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Cli.Tests;

/// <summary>Intervals as the daemon tells them.</summary>
internal static class Timelines
{
    private static readonly DateTimeOffset Start = Daemon.At;

    /// <summary>A request's way through three machines, one of which has a name that wants to be markup, then their rest.</summary>
    public static IReadOnlyList<IntervalView> Guestbook() =>
    [
        One("front-1", "front", MachineState.Imaginary, -60, 0),
        One("front-1", "front", MachineState.Waiting, 0, 0.002, new Signal { Kind = SignalKind.Connection, FromAddress = "127.0.0.1:5555", Port = 80, Protocol = TransportProtocol.Tcp }, wake: true),
        One("front-1", "front", MachineState.Starting, 0.002, 0.05),
        One("front-1", "front", MachineState.Running, 0.05, 12, usedUs: 80_000),
        One("front-1", "front", MachineState.Frozen, 12, 30, new Signal { Kind = SignalKind.Idle }),
        One("front-1", "front", MachineState.Running, 30, 42, new Signal { Kind = SignalKind.Data, FromAddress = "127.0.0.1:5555", Port = 80, Protocol = TransportProtocol.Tcp }, wake: true, usedUs: 12_000),
        One("front-1", "front", MachineState.Frozen, 42, null, new Signal { Kind = SignalKind.Idle }),
        One("redis-1", "redis", MachineState.Imaginary, -60, 0.2),
        One("redis-1", "redis", MachineState.Starting, 0.2, 0.26, new Signal { Kind = SignalKind.Connection, FromMachine = "web-1", FromAddress = "10.210.0.3:41822", Port = 6379, Protocol = TransportProtocol.Tcp }, wake: true),
        One("redis-1", "redis", MachineState.Running, 0.26, 11, usedUs: 30_000),
        One("redis-1", "redis", MachineState.Frozen, 11, 20, new Signal { Kind = SignalKind.Idle }),
        One("redis-1", "redis", MachineState.Running, 20, 20.001, new Signal { Kind = SignalKind.Timer, Detail = "</title><script>document.title = 'taken'</script>" }, wake: true),
        One("redis-1", "redis", MachineState.Failed, 20.001, null, new Signal { Kind = SignalKind.Exit, Detail = "exit code 1 & \"<b>\"" }, exit: 1),
        One("web-1", "<script>alert(1)</script>", MachineState.Imaginary, -60, 0.06),
        One("web-1", "<script>alert(1)</script>", MachineState.Starting, 0.06, 0.15, new Signal { Kind = SignalKind.Connection, FromMachine = "front-1", FromAddress = "10.210.0.4:5000", Port = 8000, Protocol = TransportProtocol.Tcp }, wake: true),
        One("web-1", "<script>alert(1)</script>", MachineState.Running, 0.15, null, usedUs: 900_000),
    ];

    /// <summary>Machines that freeze and wake all of the time.</summary>
    public static IReadOnlyList<IntervalView> Many(int machines, int intervals, TimeSpan span)
    {
        var step = span / intervals;
        return
        [
            .. from machine in Enumerable.Range(1, machines)
               from number in Enumerable.Range(0, intervals)
               let begin = Cli.Now - span + (step * number)
               select new IntervalView
               {
                   Machine = $"web-{machine}",
                   Service = "web",
                   State = number % 2 == 0 ? MachineState.Running : MachineState.Frozen,
                   Begin = begin,
                   End = number == intervals - 1 ? null : begin + step,
                   Cause = number % 2 == 0 ? SignalKind.Data : SignalKind.Idle,
                   Signal = number % 2 == 0 ? new Signal { Kind = SignalKind.Data, FromMachine = $"web-{(machine % machines) + 1}", Port = 80 } : new Signal { Kind = SignalKind.Idle },
                   IsWake = number % 2 == 0,
                   Usage = new MachineUsage { ProcessorUs = 10 },
               },
        ];
    }

    private static IntervalView One(string machine, string service, MachineState state, double begin, double? end, Signal? signal = null, bool wake = false, long usedUs = 0, int? exit = null) => new()
    {
        Machine = machine,
        Service = service,
        State = state,
        Begin = Start.AddSeconds(begin),
        End = end is { } seconds ? Start.AddSeconds(seconds) : null,
        Cause = signal?.Kind,
        Signal = signal,
        ExitCode = exit,
        IsWake = wake,
        Usage = usedUs > 0 ? new MachineUsage { ProcessorUs = usedUs } : null,
    };
}
