namespace Figment.Machines.Idleness;

/// <summary>The numbers of idleness.</summary>
public static class IdleLimits
{
    /// <summary>
    /// Processor time below which a program only looks around, thousandths of a core: redis, which does so ten times a second, takes 1, an idle JVM or Erlang node 2 to 10.
    /// </summary>
    public const int ProcessorPermilleMax = 10;

    /// <summary>The same where heartbeats do not count: a member of an idle etcd or RabbitMQ cluster takes 5 to 30.</summary>
    public const int HeartbeatProcessorPermilleMax = 50;

    /// <summary>Payload a second that counts as heartbeats: ZooKeeper sends 50, etcd 4,000.</summary>
    public const long HeartbeatBytesPerSecondMax = 8 * 1024;

    /// <summary>What a connection that comes or goes counts as, for a health check opens one and says nothing.</summary>
    public const long ConnectionBytes = 256;

    /// <summary>What a datagram counts as; the kernel counts only their number.</summary>
    public const long DatagramBytes = 128;

    /// <summary>A wait shorter than this is that of a program which looks around, as Python's servers do every half second: longer ones are how programs do something each second.</summary>
    public const long TickMs = 750;

    /// <summary>The same where heartbeats do not count, at most: what is sent to be known to live is sent at least so often.</summary>
    public const long HeartbeatTickMs = 30_000;

    /// <summary>A wait that would not have ended so often while the machine was quiet may be what it lives by: a pause before another attempt, an election.</summary>
    public const int TicksPerPeriod = 3;

    /// <summary>A machine of which something is due sooner is not frozen: freezing it would save nothing and cost a millisecond each time.</summary>
    public const long WorthMsMax = 5_000;

    /// <summary>Looks within the time that a machine must be quiet: what happens at its end is not seen later than a quarter of it.</summary>
    public const int LooksPerPeriod = 4;

    /// <summary>More often than this costs more than it tells.</summary>
    public const long LookMsMin = 25;

    /// <summary>Seldomer than this shows little of a machine in <c>figment why</c>.</summary>
    public const long LookMsMax = 5_000;

    /// <summary>So many times as long as it must be quiet a machine may compute with nothing coming or going before it is said to be never idle.</summary>
    public const int RestlessPeriods = 6;

    /// <summary>Between two looks at a machine of an elastic service: a spike is seen within this time.</summary>
    public const long LoadMs = 100;

    /// <summary>A machine that was found busy is tried again after as long as it must be quiet, then twice, up to so many times as long.</summary>
    public const int RetryFactorMax = 16;

    /// <summary>Where heartbeats do not count, and something was in the way that passes soon (a wait that ends, a thread at its tick), it is first tried so often right after that.</summary>
    public const int SoonTriedMax = 5;

    /// <summary>So long after the end: what woke has done its work.</summary>
    public const long SoonMarginMs = 20;
}
