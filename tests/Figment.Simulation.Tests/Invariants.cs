using Figment.Model.States;
using Figment.Simulation.Results;

namespace Figment.Simulation.Tests;

/// <summary>What must hold of any simulation.</summary>
internal static class Invariants
{
    /// <summary>Intervals tile time exactly; every request has an end with a cause; nothing is left.</summary>
    public static void Assert(SimulationResult result, int requests)
    {
        var end = DateTimeOffset.UnixEpoch.AddMicroseconds(result.HorizonUs);
        foreach (var machine in result.Machines)
        {
            Xunit.Assert.Equal(DateTimeOffset.UnixEpoch, machine.Intervals[0].Begin);
            Xunit.Assert.Equal(end, machine.Intervals[^1].End);
            for (int index = 1; index < machine.Intervals.Count; index++)
            {
                Xunit.Assert.Equal(machine.Intervals[index - 1].End, machine.Intervals[index].Begin);
                Xunit.Assert.NotNull(machine.Intervals[index].Cause);
                Xunit.Assert.NotEqual(machine.Intervals[index - 1].State, machine.Intervals[index].State);
            }

            Xunit.Assert.All(machine.Intervals, interval =>
            {
                Xunit.Assert.True(interval.End >= interval.Begin);
                Xunit.Assert.Equal(interval.State.RunsProgram(), interval.Usage is not null);
                Xunit.Assert.True(interval.Usage is null or { ProcessorUs: >= 0, MemoryKibMs: >= 0, NetworkReceivedBytes: >= 0, NetworkSentBytes: >= 0 });
            });
        }

        Xunit.Assert.Equal((long)result.Machines.Count * result.HorizonUs, result.StateUs.Values.Sum());
        Xunit.Assert.Equal(0, result.Unfinished);
        Xunit.Assert.Equal(requests, result.Latencies.Count + result.RefusedCount + result.FailedCount);
        Xunit.Assert.All(result.Refused.Keys.Concat(result.Failed.Keys), cause => Xunit.Assert.NotEmpty(cause));
        Xunit.Assert.Equal(result.Commands.Asked, result.Commands.Answered);
    }

    /// <summary>Each event goes on where the one before ended, and its interval is there.</summary>
    public static void AssertLedger(SimulationResult result)
    {
        foreach (var machine in result.Events.GroupBy(change => change.Machine))
        {
            var states = machine.Select(change => change.From).ToList();
            Xunit.Assert.Equal(machine.Select(change => change.To).SkipLast(1).Prepend(MachineState.Imaginary), states);
            var intervals = result.Machines.Single(one => one.Name == machine.Key).Intervals;
            var counted = machine.Where(change => change.At <= DateTimeOffset.UnixEpoch.AddMicroseconds(result.HorizonUs)).ToList();
            Xunit.Assert.Equal(counted.Select(change => (change.At, change.To, change.Cause.Kind)), intervals.Skip(1).Select(interval => (interval.Begin, interval.State, interval.Cause!.Value)));
        }
    }
}
