using Figment.Api.Contract;
using Figment.Model.States;

namespace Figment.Conformance.Tests.Stages;

/// <summary>Moves an application's machines between two nodes, one after the other. The one in which steps are run stays.</summary>
internal sealed class Mover(NodePair nodes, string application, string stays)
{
    /// <summary>What a node says whose root may not dump such trees (docs/migration.md).</summary>
    private const string SeveralUsers = "its processes run as several users";

    /// <summary>Of another kind than its placeholder was the program's socket at its first start: the next one is right.</summary>
    private const string ThroughItsBox = "go through its box";

    /// <summary>There and back twice between the steps. A step that waits for something asks again and again.</summary>
    private const int MovesMax = 4;

    private readonly FigmentCommand _home = new(nodes.A);
    private readonly FigmentCommand _other = new(nodes.B);
    private readonly Dictionary<string, int> _moves = [];
    private readonly Dictionary<string, string> _refusals = [];
    private readonly HashSet<string> _late = [];

    /// <summary>The node at which a machine is.</summary>
    public async Task<FigmentCommand> AtAsync(string machine, CancellationToken cancellation) =>
        (await _home.MachinesAsync(application, cancellation)).Any(found => found.Machine == machine && found.State == MachineState.Elsewhere) ? _other : _home;

    /// <summary>Of the machines that have a program the one that has moved least goes to the other node, or back.</summary>
    public async Task NextAsync(CancellationToken cancellation)
    {
        if ((await MovableAsync(cancellation)).Where(machine => Moves(machine) < MovesMax).MinBy(Moves) is { } machine)
        {
            await MoveAsync(machine, cancellation);
        }
    }

    /// <summary>Each that has a program has been at the other node, is at home again and answers there; or it was refused for a reason that is known.</summary>
    public async Task ReturnAsync(CancellationToken cancellation)
    {
        await MoveNewAsync(cancellation);
        string[] late = [.. _late];
        _late.Clear();
        foreach (string machine in late)
        {
            await _home.RestartAsync(application, machine, cancellation);
        }

        await MoveNewAsync(cancellation);
        foreach (MachineView machine in (await MovableAsync(cancellation)).Where(machine => machine.State == MachineState.Elsewhere))
        {
            await MoveAsync(machine, cancellation);
        }

        Assert.True(_late.Count == 0, $"connections {ThroughItsBox} although these were started anew: {string.Join(", ", _late)}");
        IReadOnlyList<MachineView> machines = await _home.MachinesAsync(application, cancellation);
        string[] moved = [.. late.Concat(_moves.Keys).Distinct().Except(_refusals.Keys)];
        Assert.True(moved.Length + _refusals.Count > 0, "no machine has moved");
        foreach (string name in moved)
        {
            MachineView machine = machines.Single(machine => machine.Machine == name);
            Assert.True(machine.State is MachineState.Running or MachineState.Frozen && Moves(machine) > 1, $"{name} is {machine.State} after {Moves(machine)} moves");
            Outcome outcome = await _home.ExecuteAsync(application, name, ["true"], cancellation);
            Assert.True(outcome.ExitCode == 0, $"{name}: {outcome}");
        }

        string said = string.Join(", ", moved.Select(name => $"{name} {_moves[name]} times"));
        TestContext.Current.TestOutputHelper?.WriteLine($"moved: {said}");
        foreach ((string machine, string refusal) in _refusals)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{machine} stays where it is: {refusal}");
        }
    }

    /// <summary>What the other node's daemon said.</summary>
    public string Describe() => $"\n== figmentd of the other node\n{nodes.B.ReadLog()}";

    private async Task MoveNewAsync(CancellationToken cancellation)
    {
        foreach (MachineView machine in (await MovableAsync(cancellation)).Where(machine => Moves(machine) == 0))
        {
            await MoveAsync(machine, cancellation);
        }
    }

    private int Moves(MachineView machine) => _moves.GetValueOrDefault(machine.Machine);

    private async Task<IReadOnlyList<MachineView>> MovableAsync(CancellationToken cancellation) =>
        [.. (await _home.MachinesAsync(application, cancellation)).Where(machine => machine.Machine != stays && !_refusals.ContainsKey(machine.Machine) && !_late.Contains(machine.Machine) && machine.State is MachineState.Running or MachineState.Frozen or MachineState.Elsewhere)];

    private async Task MoveAsync(MachineView machine, CancellationToken cancellation)
    {
        bool goes = machine.State != MachineState.Elsewhere;
        Outcome outcome = await (goes ? _home : _other).TryMigrateAsync(application, machine.Machine, goes ? "b" : "a", cancellation);
        if (outcome.ExitCode == 0)
        {
            _moves[machine.Machine] = Moves(machine) + 1;
        }
        else if (outcome.Errors.Contains(SeveralUsers, StringComparison.Ordinal))
        {
            _refusals.Add(machine.Machine, outcome.Errors.Trim().Split('\n')[^1]);
        }
        else if (outcome.Errors.Contains(ThroughItsBox, StringComparison.Ordinal))
        {
            _late.Add(machine.Machine);
        }
        else
        {
            throw new InvalidOperationException($"{machine.Machine} does not move: {outcome}");
        }
    }
}
