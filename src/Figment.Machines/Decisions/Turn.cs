using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>One decision in the making: the snapshot as it becomes, and the actions so far. Used by one thread.</summary>
internal sealed class Turn(ApplicationSnapshot before, long nowMs)
{
    private readonly List<MachineAction> _actions = [];

    /// <summary>Who is answered finds everything done.</summary>
    private readonly List<MachineAction> _last = [];

    /// <summary>Machines that were on storage before, or came there.</summary>
    private readonly HashSet<string> _stored = [.. before.Machines.Values.Where(machine => machine.IsStored).Select(machine => machine.Name)];

    public long NowMs { get; } = nowMs;

    public ApplicationSnapshot Before { get; } = before;

    public ApplicationSnapshot Now { get; private set; } = before;

    public IReadOnlyList<MachineAction> Actions => [.. _actions, .. _last];

    public IEnumerable<MachineSnapshot> Machines => Now.Machines.Values;

    public MachineSnapshot? Find(string machine) => Now.Machines.GetValueOrDefault(machine);

    public MachineSnapshot this[string machine] => Now.Machines[machine];

    public void Do(MachineAction action) => _actions.Add(action);

    public void Set(MachineSnapshot machine)
    {
        Now = Now with { Machines = Now.Machines.SetItem(machine.Name, machine) };
        if (machine.IsStored)
        {
            _stored.Add(machine.Name);
        }
    }

    public bool WasStored(MachineSnapshot machine) => _stored.Contains(machine.Name);

    public void Remove(string machine) => Now = Now with { Machines = Now.Machines.Remove(machine) };

    public void Set(ApplicationSnapshot application) => Now = application;

    /// <summary>Changes a machine's state and tells the ledger, which keeps changes only.</summary>
    public MachineSnapshot Move(MachineSnapshot machine, MachineState to, Signal cause, int? exitCode = null, IReadOnlyList<string>? lastLines = null)
    {
        if (machine.State != to)
        {
            Do(new MachineAction.Record(machine.Name, machine.State, to, cause, exitCode, lastLines ?? [], machine.IsClone && (machine.State, to) is (_, MachineState.Starting) or (MachineState.Starting, MachineState.Running)));
        }

        machine = machine with { State = to, Turn = machine.Turn + 1, Cause = cause };
        Set(machine);
        return machine;
    }

    public void Schedule(MachineSnapshot machine, TimerKind kind, long atMs) =>
        Do(new MachineAction.Schedule(machine.Name, kind, kind == TimerKind.BoxLinger ? machine.Box ?? 0 : machine.Turn, atMs));

    public void Answer(long request, string? error = null) => _last.Add(new MachineAction.Answer(request, error));

    /// <summary>All is removed after everything else, answers too.</summary>
    public void Finish(IReadOnlyList<long> requests) => _last.Add(new MachineAction.Finish(requests));
}
