namespace Figment.Simulation;

/// <summary>What the simulator takes for a service's box, kernel and program. The figures measured on the machine of SPECIFICATION.md are the defaults; docs/simulation.md names the source of each.</summary>
public sealed record ProgramModel
{
    /// <summary>From the decision to start to the program's first instruction: what Figment adds to a program's own start, 4 to 7 ms.</summary>
    public long BoxStartUs { get; init; } = 6_000;

    /// <summary>The program's own time to its first <c>listen</c>: Node.js takes 33 ms, memcached 6.</summary>
    public long ListenUs { get; init; } = 33_000;

    /// <summary>From a connection, or data, or the end of a wait, to a program that goes on.</summary>
    public long ThawUs { get; init; } = 800;

    /// <summary>From the decision to freeze to a machine that stands still.</summary>
    public long FreezeUs { get; init; } = 300;

    /// <summary>From the decision to put a frozen machine on storage to one that is there.</summary>
    public long StoreUs { get; init; } = 50_000;

    /// <summary>From the decision to bring it back to a program that goes on.</summary>
    public long RestoreUs { get; init; } = 45_000;

    /// <summary>From the stop signal to the program's end, unless the grace time is over before.</summary>
    public long StopUs { get; init; } = 5_000;

    /// <summary>From the program's end to its box's.</summary>
    public long BoxEndUs { get; init; } = 5_000;

    /// <summary>A look at the machine; the next pause begins after it.</summary>
    public long LookUs { get; init; } = 700;

    /// <summary>Until the rule of the service's address follows a decision.</summary>
    public long LeadUs { get; init; } = 20_000;

    /// <summary>Connections that the program has accepted at most; the others wait in its queue.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Requests compute, and share the machine's processors; else they wait for something else.</summary>
    public bool IsProcessorBound { get; init; }

    /// <summary>Of a request whose duration the trace does not say.</summary>
    public long DurationUs { get; init; } = 50_000;

    /// <summary>Processor time of a request that waits.</summary>
    public long RequestProcessorUs { get; init; } = 200;

    /// <summary>Payload of a request and its answer.</summary>
    public long RequestBytes { get; init; } = 1_024;

    /// <summary>How long the connection of a client that the trace names stays open after an answer.</summary>
    public long KeepAliveUs { get; init; } = 5_000_000;

    /// <summary>The kernel's bound of an accept queue (<c>net.core.somaxconn</c>).</summary>
    public int BacklogMax { get; init; } = 4_096;

    /// <summary>Processors of a machine that its Compose file does not limit.</summary>
    public double Processors { get; init; } = 1;

    /// <summary>Of a machine with a program.</summary>
    public long MemoryKib { get; init; } = 64 * 1_024;

    /// <summary>Thousandths of a core that the program takes while it has nothing to do: redis takes 1.</summary>
    public int IdleProcessorPermille { get; init; } = 1;

    /// <summary>How long a program runs that others wait for to complete.</summary>
    public long JobUs { get; init; } = 1_000_000;
}
