using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Figment.Machines.Billing;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Simulation.Results;

/// <summary>What came of a simulation. All of it is simulated: whoever shows a figure of it says so.</summary>
public sealed record SimulationResult
{
    /// <summary>How long machines were counted.</summary>
    public required long HorizonUs { get; init; }

    /// <summary>By name, with their intervals, which tile the time to the horizon.</summary>
    public required IReadOnlyList<BilledMachine> Machines { get; init; }

    /// <summary>Changes of state, by time in each part of the application; empty unless they were to be kept.</summary>
    public required IReadOnlyList<MachineEvent> Events { get; init; }

    public required Latencies Latencies { get; init; }

    /// <summary>Requests that nobody took, by cause.</summary>
    public required IReadOnlyDictionary<string, long> Refused { get; init; }

    /// <summary>Requests that were taken and not answered, by cause.</summary>
    public required IReadOnlyDictionary<string, long> Failed { get; init; }

    /// <summary>Requests that nothing had become of when nothing was left to happen.</summary>
    public required long Unfinished { get; init; }

    /// <summary>Connections that some machine still has, although nobody uses them.</summary>
    public required long LeftConnections { get; init; }

    /// <summary>Users' requests, and those of them that were answered.</summary>
    public required (long Asked, long Answered) Commands { get; init; }

    /// <summary>Where each machine is at the end.</summary>
    public required IReadOnlyDictionary<string, MachineState> FinalStates { get; init; }

    public required long Decisions { get; init; }

    public required long HappeningsCount { get; init; }

    public long RefusedCount => Refused.Values.Sum();

    public long FailedCount => Failed.Values.Sum();

    /// <summary>Time of all machines in a state, in microseconds.</summary>
    public IReadOnlyDictionary<MachineState, long> StateUs => Machines
        .SelectMany(machine => machine.Intervals)
        .GroupBy(interval => interval.State)
        .ToDictionary(group => group.Key, group => group.Sum(interval => (interval.End!.Value - interval.Begin).Ticks / TimeSpan.TicksPerMicrosecond));

    /// <summary>Seconds with a program that is not frozen.</summary>
    public double HostSeconds => StateUs.Where(one => one.Key.RunsProgram() && one.Key != MachineState.Frozen).Sum(one => one.Value) / 1e6;

    public double FrozenSeconds => StateUs.GetValueOrDefault(MachineState.Frozen) / 1e6;

    public int Wakes => Machines.Sum(machine => machine.Intervals.Count(interval => interval.IsWake));

    /// <summary>The same for two runs exactly if all their intervals are.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> numbers = stackalloc byte[24];
        foreach (var interval in Machines.SelectMany(machine => machine.Intervals))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(interval.Machine));
            BinaryPrimitives.WriteInt64LittleEndian(numbers, interval.Begin.UtcTicks);
            BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], interval.End!.Value.UtcTicks);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[16..], (int)interval.State);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[20..], (int)(interval.Cause ?? (SignalKind)(-1)));
            hash.AppendData(numbers);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
