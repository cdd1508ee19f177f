using Figment.Model.Specs;

namespace Figment.Machines.Idleness;

/// <summary>Whether a machine did anything that counts. Pure: the box asks it about a machine that runs, a simulator about one that does not.</summary>
public static class Quietness
{
    /// <param name="policy">What does not count.</param>
    /// <param name="before">An earlier look.</param>
    /// <param name="after">A later one.</param>
    public static bool IsQuiet(IdleSpec policy, Activity before, Activity after)
    {
        long ms = Math.Max(1, after.AtMs - before.AtMs);
        int permilleMax = policy.IgnoreHeartbeat ? IdleLimits.HeartbeatProcessorPermilleMax : IdleLimits.ProcessorPermilleMax;
        long bytesMax = policy.IgnoreHeartbeat ? IdleLimits.HeartbeatBytesPerSecondMax * ms / 1000 : 0;
        return after.ProcessorUs - before.ProcessorUs <= ms * permilleMax
            && after.NetworkBytes - before.NetworkBytes <= bytesMax
            && after.OutputBytes == before.OutputBytes
            && after.Asked == before.Asked;
    }

    /// <summary>It computes, for so long, and nothing comes of it that anybody else could see: a program that polls, or one that is at work on something large.</summary>
    /// <param name="policy">What does not count.</param>
    /// <param name="begin">A look at the beginning.</param>
    /// <param name="now">The present one.</param>
    public static bool IsRestless(IdleSpec policy, Activity begin, Activity now) =>
        now.AtMs - begin.AtMs >= policy.FreezeAfterMs * IdleLimits.RestlessPeriods && IsQuiet(policy, begin with { ProcessorUs = now.ProcessorUs }, now);

    /// <summary>How long to wait from one look to the next.</summary>
    public static long LookMs(IdleSpec policy) =>
        Math.Clamp(policy.FreezeAfterMs / IdleLimits.LooksPerPeriod, IdleLimits.LookMsMin, IdleLimits.LookMsMax);

    /// <summary>Waits shorter than this end of themselves without anything coming of it: in the time in which the machine was quiet they have done so several times.</summary>
    public static long TickMs(IdleSpec policy) =>
        Math.Min(policy.IgnoreHeartbeat ? IdleLimits.HeartbeatTickMs : IdleLimits.TickMs, policy.FreezeAfterMs / IdleLimits.TicksPerPeriod);

    public static long WorthMs(IdleSpec policy) => Math.Min(policy.FreezeAfterMs, IdleLimits.WorthMsMax);
}
