using System.Collections.Immutable;
using Figment.Machines.Actions;
using Figment.Machines.Decisions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.Tests;

/// <summary>An application under test: feeds inputs, keeps time and timers, remembers actions.</summary>
internal sealed class Bench
{
    private readonly PriorityQueue<MachineAction.Schedule, long> _timers = new();
    private long _request = 1;

    public Bench(params MachineLaunch[] machines) => Feed(new MachineInput.Begin(machines, [], []));

    public Bench(MachineInput.Begin begin) => Feed(begin);

    public ApplicationSnapshot Application { get; private set; } = new();

    public long NowMs { get; private set; } = 1_000;

    public List<MachineAction> Actions { get; } = [];

    /// <summary>Of the last input.</summary>
    public IReadOnlyList<MachineAction> Last { get; private set; } = [];

    public MachineSnapshot this[string machine] => Application.Machines[machine];

    public static MachineLaunch Machine(string service, int? port = 80) => new()
    {
        Name = service + "-1",
        Service = service,
        Number = 1,
        Revision = "r1",
        Hostname = service + "-1",
        Start = port is null ? StartMode.Eager : StartMode.OnDemand,
        Ports = port is { } number ? [new KnownPort { Port = number, Protocol = TransportProtocol.Tcp }] : [],
        Program = new ProgramLaunch { Arguments = ["/bin/true"] },
        Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "/overlay/" + service },
    };

    public static MachineLaunch Eager(MachineLaunch machine) => machine with { Start = StartMode.Eager };

    public static MachineLaunch Needs(MachineLaunch machine, string service, DependencyCondition condition = DependencyCondition.Started, bool required = true) =>
        machine with { DependsOn = [.. machine.DependsOn, new DependencySpec { Service = service, Condition = condition, Required = required }] };

    public static MachineLaunch Restarts(MachineLaunch machine, RestartPolicy policy, int maxAttempts = 0) =>
        machine with { Restart = new RestartSpec { Policy = policy, MaxAttempts = maxAttempts } };

    public void Feed(MachineInput input)
    {
        var decision = Lifecycle.Decide(Application, input, NowMs);
        Application = decision.After;
        Last = decision.Actions;
        Actions.AddRange(decision.Actions);
        foreach (var timer in decision.Actions.OfType<MachineAction.Schedule>())
        {
            _timers.Enqueue(timer, timer.AtMs);
        }
    }

    public void Pass(long ms)
    {
        long until = NowMs + ms;
        while (_timers.TryPeek(out var timer, out long at) && at <= until)
        {
            _timers.Dequeue();
            NowMs = Math.Max(NowMs, at);
            Feed(new MachineInput.TimerDue(timer.Machine, timer.Kind, timer.Token));
        }

        NowMs = until;
    }

    public void Connect(string machine) =>
        Feed(new MachineInput.SignalArrived(machine, new Signal { Kind = SignalKind.Connection, Port = 80, Protocol = TransportProtocol.Tcp }));

    public void Started(string machine) => Feed(new MachineInput.BoxStarted(machine, this[machine].Box!.Value));

    public void Listens(string machine) => Feed(new MachineInput.Listening(machine, this[machine].Box!.Value, Loopback: false));

    public void Runs(string machine)
    {
        Started(machine);
        Listens(machine);
    }

    public void Exits(string machine, int code)
    {
        long box = this[machine].Box!.Value;
        Feed(new MachineInput.ProgramExited(machine, box, code, null, false, code == 0 ? [] : ["it broke"]));
        Feed(new MachineInput.BoxGone(machine, box));
    }

    public void BoxDies(string machine) => Feed(new MachineInput.BoxGone(machine, this[machine].Box!.Value));

    public long Start(string machine, bool wait = true) => Ask(request => new MachineInput.StartAsked(request, machine, wait));

    public long Stop(string machine, bool toImaginary = false) => Ask(request => new MachineInput.StopAsked(request, machine, null, null, toImaginary));

    public long Restart(string machine) => Ask(request => new MachineInput.RestartAsked(request, machine, null));

    public long Update(params MachineLaunch[] machines) => Ask(request => new MachineInput.UpdateAsked(request, machines, Revive: false));

    /// <summary>An update by a user's <c>up</c>.</summary>
    public long Up(params MachineLaunch[] machines) => Ask(request => new MachineInput.UpdateAsked(request, machines, Revive: true));

    public long Down() => Ask(request => new MachineInput.DownAsked(request, null));

    public long Ask(Func<long, MachineInput> input)
    {
        long request = _request++;
        Feed(input(request));
        return request;
    }

    /// <summary>The answer to a request: null if there is none yet, empty if all went well.</summary>
    public string? AnswerTo(long request) =>
        Actions.OfType<MachineAction.Answer>().SingleOrDefault(answer => answer.Request == request) is { } found ? found.Error ?? ""
        : Actions.OfType<MachineAction.Finish>().Any(finish => finish.Requests.Contains(request)) ? ""
        : null;

    public void AssertState(string machine, MachineState state) => Assert.Equal(state, this[machine].State);

    public ImmutableArray<MachineState> States(string machine) =>
        [.. Actions.OfType<MachineAction.Record>().Where(record => record.Machine == machine).Select(record => record.To)];

    public int Count<T>(string machine)
        where T : MachineAction => Actions.OfType<T>().Count(action => (string)((dynamic)action).Machine == machine);
}
