using Figment.Linux.Cgroups;
using Figment.Linux.Netlink;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Metering;

/// <summary>Measures one box of a machine, from its start to its end: counters of processor and network between two changes, memory integrated over time by trapezoids. The loop's thread.</summary>
internal sealed class MachineMeter : IDisposable
{
    private const double BytesInKib = 1024;

    private readonly TimeProvider _time;
    private ProcessorTime? _processor;
    private MemoryUse? _memory;

    /// <summary>At the last change.</summary>
    private MachineReading _base;

    /// <summary>At the last look.</summary>
    private long _processorUs;
    private long _memoryBytes;
    private long _lookedAt;
    private double _memoryKibMs;

    /// <param name="base">Counters where the interval began; of a new box all but the network's are 0.</param>
    /// <param name="state">Which began there.</param>
    /// <param name="time">Elapsed time is monotonic.</param>
    /// <param name="ago">How long ago that was, by an earlier keeper's clock.</param>
    public MachineMeter(MachineReading @base, MachineState state, TimeProvider time, TimeSpan ago = default)
    {
        (_base, _time, State) = (@base, time, state);
        (_processorUs, _memoryBytes) = (@base.ProcessorUs, @base.MemoryBytes);
        _lookedAt = time.GetTimestamp() - (long)(ago.TotalSeconds * time.TimestampFrequency);
    }

    public MachineState State { get; private set; }

    /// <summary>A frozen machine's memory does not change, but when it is given back: it is looked at before and after.</summary>
    public bool NeedsSamples => State != MachineState.Frozen && !HasEnded;

    /// <summary>Its program is no more; the state still says otherwise until that is decided.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Its groups are known from when its program runs.</summary>
    public void Attach(IReadOnlyDictionary<string, string> cgroups)
    {
        Detach();
        try
        {
            _processor = ProcessorTime.Open(cgroups);
            _memory = MemoryUse.Open(cgroups);
        }
        catch (IOException)
        {
            // It has ended meanwhile: its box will say what it used.
        }
    }

    /// <summary>Reads the groups; once they are gone the last reading stands.</summary>
    public void Look()
    {
        try
        {
            long processorUs = _processor?.ReadUs() ?? _processorUs;
            Advance(_memory?.ReadBytes() ?? _memoryBytes);
            _processorUs = Math.Max(_processorUs, processorUs);
        }
        catch (IOException)
        {
            Detach();
            Advance(_memoryBytes);
        }
    }

    /// <summary>Up to here it had this much memory; from here on it has less.</summary>
    public void Reclaimed(long bytesBefore)
    {
        Advance(bytesBefore);
        Look();
    }

    /// <summary>Its box has said its last word. What memory was given back at the end is not known; it counts as held up to here.</summary>
    public void End(long? processorUs)
    {
        Detach();
        Advance(_memoryBytes);
        _processorUs = Math.Max(_processorUs, processorUs ?? 0);
        HasEnded = true;
    }

    /// <summary>What was used since the last change.</summary>
    /// <param name="traffic">As of now.</param>
    /// <param name="goesOn">Another interval with a program follows: what a thawed machine has computed before this was read is that one's, for a frozen machine takes no processor.</param>
    public MachineUsage Spent(LinkTraffic traffic, bool goesOn = true) => new()
    {
        ProcessorUs = State == MachineState.Frozen && goesOn ? 0 : _processorUs - _base.ProcessorUs,
        MemoryKibMs = (long)Math.Round(_memoryKibMs),
        NetworkReceivedBytes = Since(_base.NetworkReceivedBytes, traffic.ReceivedBytes),
        NetworkSentBytes = Since(_base.NetworkSentBytes, traffic.SentBytes),
    };

    /// <summary>The next interval begins.</summary>
    public MachineReading Begin(MachineState state, LinkTraffic traffic)
    {
        long processorUs = State == MachineState.Frozen ? _base.ProcessorUs : _processorUs;
        State = state;
        _memoryKibMs = 0;
        return _base = new MachineReading { ProcessorUs = processorUs, MemoryBytes = _memoryBytes, NetworkReceivedBytes = traffic.ReceivedBytes, NetworkSentBytes = traffic.SentBytes };
    }

    public void Dispose() => Detach();

    /// <summary>An interface that was made anew counts from 0 again.</summary>
    private static long Since(long before, long now) => now >= before ? now - before : now;

    private void Advance(long memoryBytes)
    {
        long now = _time.GetTimestamp();
        _memoryKibMs += (_memoryBytes + memoryBytes) / 2.0 / BytesInKib * _time.GetElapsedTime(_lookedAt, now).TotalMilliseconds;
        (_memoryBytes, _lookedAt) = (memoryBytes, now);
    }

    private void Detach()
    {
        _processor?.Dispose();
        _memory?.Dispose();
        (_processor, _memory) = (null, null);
    }
}
