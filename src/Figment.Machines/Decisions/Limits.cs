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

    /// <summary>The pause before the start that follows <paramref name="fastDeaths"/> fast deaths.</summary>
    public static long BackoffMs(int fastDeaths) =>
        fastDeaths <= 0 ? 0 : Math.Min(BackoffMaxMs, BackoffFirstMs << Math.Min(fastDeaths - 1, 16));
}
