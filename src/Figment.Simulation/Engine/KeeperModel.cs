using Figment.Machines.Actions;
using Figment.Machines.Decisions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Simulation.Engine;

/// <summary>The keeper: what happens becomes an input of <see cref="Lifecycle"/>, the very code that decides in the real one, and its actions are carried out on the models.</summary>
internal sealed class KeeperModel(World world)
{
    private readonly Queue<MachineInput> _inputs = [];
    private readonly Dictionary<long, string?> _answers = [];
    private ApplicationSnapshot _application = new();
    private bool _isDeciding;

    /// <summary>Counts keepers: timers of an earlier one are void.</summary>
    private int _life;
    private long _request;

    public bool IsAway { get; private set; }

    public long Decisions { get; private set; }

    public long Asked => _request;

    /// <summary>By request; null: as asked.</summary>
    public IReadOnlyDictionary<long, string?> Answers => _answers;

    public ApplicationSnapshot Application => _application;

    public MachineState StateOf(string machine) => _application.Machines.TryGetValue(machine, out var found) ? found.State : MachineState.Imaginary;

    public void Begin(IReadOnlyList<MachineLaunch> launches) => Feed(new MachineInput.Begin(launches, [], []));

    /// <summary>A box's word. Nobody hears it while no keeper is there.</summary>
    public void Hear(MachineInput word)
    {
        if (!IsAway)
        {
            Feed(word);
        }
    }

    /// <summary>A client has come to a placeholder.</summary>
    public void OnPlaceholder(MachineModel machine)
    {
        if (!IsAway && _application.Machines[machine.Name].AwaitsSignal)
        {
            Feed(new MachineInput.SignalArrived(machine.Name, new Signal { Kind = SignalKind.Connection, Port = 80, Protocol = TransportProtocol.Tcp }));
        }
    }

    /// <summary>A user asks.</summary>
    public void Ask(Func<long, MachineInput> request)
    {
        if (!IsAway)
        {
            Feed(request(++_request));
        }
    }

    /// <summary>SIGKILL: its placeholders go with it, boxes and programs stay.</summary>
    public void Kill()
    {
        IsAway = true;
        _life++;

        // Who asked it is told so by the end of the connection.
        for (long request = 1; request <= _request; request++)
        {
            _answers.TryAdd(request, "its keeper was killed");
        }

        foreach (var machine in world.Machines.Where(machine => machine.IsHeld))
        {
            machine.IsHeld = false;
            machine.ResetWaiting("its keeper was killed");
        }

        foreach (var machine in world.Machines.Where(machine => machine.IsStored))
        {
            machine.LoseConnections("its keeper was killed");
        }
    }

    /// <summary>Another keeper takes the boxes that are there.</summary>
    public void Return()
    {
        IsAway = false;
        _application = new ApplicationSnapshot();
        var adopted = new List<Adoption>();
        foreach (var machine in world.Machines)
        {
            machine.Box = machine.RunsProgram ? adopted.Count + 1 : 0;
            if (machine.RunsProgram)
            {
                adopted.Add(new Adoption(machine.Name, machine.Box, machine.Launch.Revision, machine.HasListened, machine.HasStarted, machine.Health, machine.IsFrozen));
            }
        }

        Feed(new MachineInput.Begin([.. world.Machines.Select(machine => machine.Launch)], world.Ledger.Last, adopted, world.Machines.Where(machine => machine.IsStored).ToDictionary(machine => machine.Name, machine => machine.GoesOnInMs)));
        foreach (var machine in world.Machines.Where(machine => machine.RunsProgram))
        {
            machine.TellAgain();
        }
    }

    private void Feed(MachineInput input)
    {
        _inputs.Enqueue(input);
        if (_isDeciding)
        {
            return;
        }

        _isDeciding = true;
        while (_inputs.TryDequeue(out var next))
        {
            Decide(next);
        }

        _isDeciding = false;
    }

    private void Decide(MachineInput input)
    {
        Decisions++;
        var before = _application;
        var decision = Lifecycle.Decide(before, input, world.Queue.NowUs / 1_000);
        _application = decision.After;
        foreach (var action in decision.Actions)
        {
            CarryOut(action);
        }

        if (decision.Actions.Count == 0)
        {
            return;
        }

        foreach (var (name, machine) in _application.Machines)
        {
            if (!ReferenceEquals(machine, before.Machines.GetValueOrDefault(name)) && machine.AwaitsSignal && world.Machine(name) is { HasPlaceholderClients: true } model)
            {
                OnPlaceholder(model);
            }
        }
    }

    private void CarryOut(MachineAction action)
    {
        switch (action)
        {
            case MachineAction.Record record:
                world.Ledger.Record(record.Machine, record.From, record.To, record.Cause, record.ExitCode, world.Queue.NowUs);
                break;
            case MachineAction.HoldPlaceholders hold when _application.Machines[hold.Machine] is { HoldsPlaceholders: true, ServesPorts: true }:
                world.Machine(hold.Machine).IsHeld = true;
                break;
            case MachineAction.ClosePlaceholders close when world.Machine(close.Machine) is { IsHeld: true } machine:
                machine.IsHeld = false;
                machine.ResetWaiting($"the machine was {StateOf(close.Machine).ToString().ToLowerInvariant()}");
                break;
            case MachineAction.SpawnBox spawn:
                world.Machine(spawn.Machine).Start(spawn.Box);
                break;
            case MachineAction.StopProgram stop:
                OfBox(stop.Machine, stop.Box)?.Stop(stop.GraceMs ?? world.Machine(stop.Machine).Launch.Program.StopGraceMs);
                break;
            case MachineAction.SignalProgram signal:
                OfBox(signal.Machine, signal.Box)?.EndProgram(128 + signal.Signal, "its program was killed");
                break;
            case MachineAction.FreezeBox freeze:
                OfBox(freeze.Machine, freeze.Box)?.Freeze(freeze.TickMs, freeze.AtLeastMs);
                break;
            case MachineAction.StoreBox store:
                OfBox(store.Machine, store.Box)?.Store();
                break;
            case MachineAction.DropStored drop:
                world.Machine(drop.Machine).Drop();
                break;
            case MachineAction.ThawBox thaw:
                OfBox(thaw.Machine, thaw.Box)?.Thaw(SignalKind.User);
                break;
            case MachineAction.KillBox kill:
                OfBox(kill.Machine, kill.Box)?.KillBox();
                break;
            case MachineAction.LeadTo lead:
                world.Address(lead.Service).Lead(lead.Machines);
                break;
            case MachineAction.Schedule schedule:
                Schedule(schedule);
                break;
            case MachineAction.Answer answer:
                _answers[answer.Request] = answer.Error;
                break;
            default:
                // Notes, overlays and policies: nothing in the models depends on them.
                break;
        }
    }

    private void Schedule(MachineAction.Schedule schedule)
    {
        int life = _life;
        world.Queue.At(schedule.AtMs * 1_000, () =>
        {
            if (life == _life)
            {
                Feed(new MachineInput.TimerDue(schedule.Machine, schedule.Kind, schedule.Token));
            }
        });
    }

    /// <summary>Null: that box has gone in the meantime.</summary>
    private MachineModel? OfBox(string name, long box) => world.Machine(name) is var machine && machine.Box == box ? machine : null;
}
