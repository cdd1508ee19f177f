using System.Collections.Immutable;
using Figment.Machines.Actions;
using Figment.Machines.Elasticity;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>
/// Elastic services: as many machines as are needed, and where their service's address leads. Out at once; in by draining: a machine gets no new connection, and when the last one has ended it
/// is frozen like any other, then imaginary.
/// </summary>
internal static class Scaling
{
    /// <summary>Before <see cref="Settling"/> starts what waits.</summary>
    public static void Begin(Turn turn)
    {
        if (turn.Now.GoingDown)
        {
            return;
        }

        foreach (string service in Services(turn))
        {
            var members = Members(turn, service);
            var spec = members[0].Launch.Elastic!;
            var before = turn.Now.Services.GetValueOrDefault(service) ?? new ServiceSnapshot();

            // Who was started by a client of its own, or found running, is not one too many before it has been for a while.
            int onDuty = members.Count(IsOnDuty);
            int least = Math.Max(spec.Min, onDuty > before.OnDuty ? onDuty : 0);
            var state = Want(turn, members, spec, before with { Wanted = Math.Max(before.Wanted, least) });
            ScaleOut(turn, members, state);
            ScaleIn(turn, service, state);
            Release(turn, service, spec, state);
            state = state with { OnDuty = Members(turn, service).Count(IsOnDuty) };
            turn.Set(turn.Now with { Services = turn.Now.Services.SetItem(service, state) });
        }
    }

    /// <summary>After all else: where each address leads from now on.</summary>
    public static void Lead(Turn turn)
    {
        foreach (string service in Services(turn))
        {
            var led = Led(Members(turn, service));
            var state = turn.Now.Services.GetValueOrDefault(service) ?? new ServiceSnapshot();
            if (!led.SequenceEqual(state.Led))
            {
                turn.Set(turn.Now with { Services = turn.Now.Services.SetItem(service, state with { Led = led }) });
                turn.Do(new MachineAction.LeadTo(service, led));
            }
        }
    }

    /// <summary>Of a service's machines those that stand for it, where another depends on it: that it has more machines is its own affair.</summary>
    public static IEnumerable<MachineSnapshot> Representatives(IReadOnlyList<MachineSnapshot> machines)
    {
        if (machines is not [{ Launch.Elastic: { } spec }, ..])
        {
            return machines;
        }

        return machines
            .OrderBy(machine => machine.Serves ? 0 : machine.State is MachineState.Starting or MachineState.Waiting ? 1 : machine.AwaitsSignal ? 2 : 3)
            .ThenBy(machine => machine.Launch.Number)
            .Take(Math.Max(1, spec.Min));
    }

    private static IEnumerable<string> Services(Turn turn) =>
        turn.Machines.Where(machine => machine.Launch is { Elastic: not null, OneOff: false }).Select(machine => machine.Launch.Service).Distinct(StringComparer.Ordinal).ToList();

    private static List<MachineSnapshot> Members(Turn turn, string service) =>
        [.. turn.Machines.Where(machine => machine.Launch.Service == service && machine.Launch is { Elastic: not null, OneOff: false }).OrderBy(machine => machine.Launch.Number)];

    private static bool IsOnDuty(MachineSnapshot machine) =>
        machine is { Leaving: null, IsDraining: false, State: MachineState.Running or MachineState.Frozen or MachineState.Hibernated or MachineState.Starting or MachineState.Waiting };

    private static ServiceSnapshot Want(Turn turn, List<MachineSnapshot> members, ElasticSpec spec, ServiceSnapshot state)
    {
        var (machines, because) = Scale.Wanted(spec, [.. members.Where(machine => machine is { Serves: true, Load: not null }).Select(machine => machine.Load!.Value)]);
        if (machines >= state.Wanted)
        {
            if (machines > state.Wanted)
            {
                turn.Do(new MachineAction.Note(members[0].Launch.Service, $"needs {machines} machines: {because}"));
            }

            return state with { Wanted = machines, SurplusSinceMs = null };
        }

        if (state.SurplusSinceMs is not { } since)
        {
            turn.Do(new MachineAction.Schedule(members[0].Name, TimerKind.Surplus, 0, turn.NowMs + spec.ScaleInAfterMs));
            return state with { SurplusSinceMs = turn.NowMs };
        }

        return turn.NowMs - since < spec.ScaleInAfterMs ? state : state with { Wanted = machines, SurplusSinceMs = null };
    }

    private static void ScaleOut(Turn turn, List<MachineSnapshot> members, ServiceSnapshot state)
    {
        int missing = state.Wanted - members.Count(IsOnDuty);
        foreach (var machine in members.Where(machine => machine is { Serves: true, IsDraining: true, Leaving: null }).Take(Math.Max(0, missing)))
        {
            // What is warm already comes first.
            turn.Set(machine with { IsDraining = false });
            missing--;
        }

        var cause = new Signal { Kind = SignalKind.Scale, Detail = $"its service needs {state.Wanted} machines" };
        foreach (var machine in members.Where(machine => machine is { AwaitsSignal: true, State: not MachineState.Hibernated, Leaving: null }).OrderBy(machine => machine.BackoffUntilMs > turn.NowMs).ThenBy(machine => machine.Launch.Number).Take(Math.Max(0, missing)))
        {
            Starting.Wake(turn, machine with { IsDraining = false }, cause, needed: true);
        }
    }

    /// <summary>Never the last one: who comes next finds it warm.</summary>
    private static void ScaleIn(Turn turn, string service, ServiceSnapshot state)
    {
        var onDuty = Members(turn, service).Where(IsOnDuty).ToList();
        var serving = onDuty.Where(machine => machine.Serves).ToList();
        int surplus = Math.Min(onDuty.Count - Math.Max(1, state.Wanted), serving.Count - 1);
        foreach (var machine in Enumerable.Reverse(serving).Take(Math.Max(0, surplus)))
        {
            turn.Set(machine with { IsDraining = true });
        }
    }

    /// <summary>Who is not needed and has no connection any more is imaginary again, some time after it was frozen: until then it is the first to be taken back.</summary>
    private static void Release(Turn turn, string service, ElasticSpec spec, ServiceSnapshot state)
    {
        int onDuty = Members(turn, service).Count(IsOnDuty);
        foreach (var machine in Members(turn, service))
        {
            bool isAtRest = machine.State is MachineState.Frozen or MachineState.Hibernated || machine.Launch.Idle.FreezeAfterMs == 0;
            bool isSpare = machine is { Serves: true, Leaving: null } && machine.Load?.Connections is null or 0 && (machine.IsDraining || (onDuty > Math.Max(spec.Min, state.Wanted) && isAtRest));
            if (!isSpare)
            {
                if (machine.SpareSinceMs is not null)
                {
                    turn.Set(machine with { SpareSinceMs = null });
                }
            }
            else if (machine.SpareSinceMs is not { } since)
            {
                turn.Set(machine with { SpareSinceMs = turn.NowMs });
                turn.Do(new MachineAction.Schedule(machine.Name, TimerKind.Surplus, 0, turn.NowMs + spec.ReleaseAfterMs));
            }
            else if (turn.NowMs - since >= spec.ReleaseAfterMs)
            {
                turn.Set(machine with { Leaving = new Leaving { After = AfterStop.Imaginary, Cause = new Signal { Kind = SignalKind.Scale, Detail = "it was not needed any more" } } });
                onDuty -= machine.IsDraining ? 0 : 1;
            }
        }
    }

    /// <summary>Those that serve; else one that was to have no new connection; else who will serve; else the first that a connection starts, or that says that it does not.</summary>
    private static ImmutableArray<string> Led(List<MachineSnapshot> members)
    {
        ImmutableArray<string> Names(Func<MachineSnapshot, bool> matches) => [.. members.Where(matches).Select(machine => machine.Name).Order(StringComparer.Ordinal)];
        var serving = Names(machine => machine is { Serves: true, IsDraining: false, Leaving: null });
        if (!serving.IsEmpty)
        {
            return serving;
        }

        if (members.Find(machine => machine is { Serves: true, Leaving: null }) is { } draining)
        {
            return [draining.Name];
        }

        var coming = Names(machine => machine is { State: MachineState.Starting or MachineState.Waiting, Leaving: null });
        return !coming.IsEmpty ? coming : [(members.Find(machine => machine.AwaitsSignal) ?? members[0]).Name];
    }
}
