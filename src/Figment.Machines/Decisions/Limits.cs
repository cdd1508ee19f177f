namespace Figment.Machines.Decisions;

/// <summary>The numbers of the lifecycle.</summary>
public static class Limits
{
    /// <summary>The first pause after a fast death: longer than a program needs to start and die (about 10 ms), shorter than anybody notices.</summary>
    public const long BackoffFirstMs = 100;

    /// <summary>The longest pause: below the minute or two after which TCP clients give up by themselves.</summary>
    public const long BackoffMaxMs = 30_000;

    /// <summary>A program that ran this long is not in a loop of dying (Docker's number, too).</summary>
    public const long FastDeathMs = 10_000;

    /// <summary>With pauses of 0.1, 0.2, 0.4 and 0.8 s five deaths take at least 1.5 s, in which a client has seen enough.</summary>
    public const int FastDeathsMax = 5;

    /// <summary>How long a failed machine refuses: short enough that a mended cause heals by itself, long enough to cost nothing.</summary>
    public const long CoolDownMs = 60_000;

    /// <summary>What a box may take beyond the grace time before it is killed: hooks have ended by then, SIGKILL to the program takes effect in milliseconds.</summary>
    public const long StopMarginMs = 5_000;

    /// <summary>What a box may take to end after its program.</summary>
    public const long BoxLingerMs = 5_000;

    /// <summary>A machine that goes on sooner by itself is not put on storage: that costs it some hundred milliseconds, there and back.</summary>
    public const long HibernateWorthMs = 10_000;

    /// <summary>The shortest pause before another attempt to put a machine on storage: what was in the way seldom goes within seconds.</summary>
    private const long StoreAgainMsMin = 60_000;

    /// <summary>The longest: each attempt costs some ten milliseconds of processor time.</summary>
    private const long StoreAgainMsMax = 3_600_000;

    /// <summary>The pause before the next attempt after <paramref name="failures"/> failed ones.</summary>
    public static long StoreAgainMs(long hibernateAfterMs, int failures) =>
        Math.Min(StoreAgainMsMax, Math.Max(StoreAgainMsMin, hibernateAfterMs) << Math.Clamp(failures - 1, 0, 6));

    /// <summary>The same for snapshots of a kind.</summary>
    public static long SnapshotAgainMs(int failures) => StoreAgainMs(StoreAgainMsMin, failures);

    /// <summary>The pause before the start that follows <paramref name="fastDeaths"/> fast deaths.</summary>
    public static long BackoffMs(int fastDeaths) =>
        fastDeaths <= 0 ? 0 : Math.Min(BackoffMaxMs, BackoffFirstMs << Math.Min(fastDeaths - 1, 16));
}
