namespace Figment.Model.Specs;

/// <summary><c>x-figment.idle</c>: when a machine counts as idle, and what becomes of it then. See docs/idleness.md.</summary>
public sealed record IdleSpec
{
    /// <summary>To look a few times in between and to freeze and thaw takes a few milliseconds.</summary>
    public const long AfterMsMin = 100;

    private const long QuietMs = 10_000;

    /// <summary>Three times the longest that an Erlang node lets pass between two signs of life, and more than three times what a JVM lets pass.</summary>
    private const long QuietButHeartbeatsMs = 60_000;

    /// <summary>How long it must have been quiet before it is frozen (<c>freeze-after</c>); 0: never.</summary>
    public long FreezeAfterMs { get; init; } = QuietMs;

    /// <summary>How long it must have been frozen before its memory is given back to the node (<c>reclaim-after</c>); 0: never.</summary>
    public long ReclaimAfterMs { get; init; }

    /// <summary>How long it must have been frozen before it is put on storage (<c>hibernate-after</c>); 0: never.</summary>
    public long HibernateAfterMs { get; init; }

    /// <summary>What machines tell each other to know that they live does not count, nor do the short waits for it (<c>ignore: heartbeat</c>).</summary>
    public bool IgnoreHeartbeat { get; init; }

    /// <summary>What a file that does not name <c>freeze-after</c> means.</summary>
    public static long FreezeAfterMsDefault(bool ignoresHeartbeat) => ignoresHeartbeat ? QuietButHeartbeatsMs : QuietMs;
}
