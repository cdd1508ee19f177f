namespace Figment.Model.Specs;

/// <summary><c>x-figment.idle</c>: when a machine counts as idle, and what becomes of it then. See docs/idleness.md.</summary>
public sealed record IdleSpec
{
    /// <summary>To look a few times in between and to freeze and thaw takes a few milliseconds.</summary>
    public const long FreezeAfterMsMin = 100;

    /// <summary>How long it must have been quiet before it is frozen (<c>freeze-after</c>); 0: never.</summary>
    public long FreezeAfterMs { get; init; } = 10_000;

    /// <summary>How long it must have been frozen before it is put on storage (<c>hibernate-after</c>); 0: never.</summary>
    public long HibernateAfterMs { get; init; }

    /// <summary>What machines tell each other to know that they live does not count, nor do the short waits for it (<c>ignore: heartbeat</c>).</summary>
    public bool IgnoreHeartbeat { get; init; }
}
