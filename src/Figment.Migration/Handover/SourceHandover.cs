using static Figment.Migration.Handover.HandoverWord;
using static Figment.Migration.Handover.SourcePhase;

namespace Figment.Migration.Handover;

/// <summary>
/// The source's half of a migration. Pure. Before the verdict whatever goes wrong leaves the machine where it is; after a commit nothing does: the target is told until it says that the machine runs.
/// </summary>
public static class SourceHandover
{
    /// <param name="state">Before.</param>
    /// <param name="input">What happened.</param>
    /// <param name="nowMs">When, by a clock that only grows.</param>
    public static (SourceState State, IReadOnlyList<SourceAction> Actions) Decide(SourceState state, SourceInput input, long nowMs)
    {
        switch (input)
        {
            case SourceInput.Begin when state.Phase == Preparing:
                return Say(state with { DeadlineMs = nowMs + HandoverLimits.PrepareMs }, Prepare, nowMs);
            case SourceInput.Said { Message: { } message } when message.Epoch == state.Epoch:
                return OnSaid(state, message, nowMs);
            case SourceInput.Copied when state.Phase == Copying:
                return (state with { Phase = Dumping }, [new SourceAction.Dump()]);
            case SourceInput.Dumped dumped when state.Phase == Dumping:
                return Say(state with { Phase = Holding, Digest = dumped.Digest, DeadlineMs = nowMs + HandoverLimits.HoldMs }, Hold, nowMs);
            case SourceInput.Failed failed when IsOpen(state):
                return CallOff(state, failed.Reason);
            case SourceInput.Cancelled when IsOpen(state):
                return CallOff(state, "it was called off");
            case SourceInput.Due:
                return OnDue(state, nowMs);
            case SourceInput.Ruled ruled when IsOpen(state) || state.Phase == Ruling:
                return Obey(state, ruled.Verdict, nowMs);
            case SourceInput.Restarted { Verdict: { } verdict }:
                return Obey(state, verdict, nowMs);
            case SourceInput.Restarted:
                return CallOff(state, "the source's daemon was started anew");
            default:
                return (state, []);
        }
    }

    private static bool IsOpen(SourceState state) => state.Phase is Preparing or Copying or Dumping or Holding;

    private static (SourceState, IReadOnlyList<SourceAction>) OnSaid(SourceState state, HandoverMessage message, long nowMs)
    {
        switch (state.Phase, message.Word)
        {
            case (Preparing, Ready):
                return (Quiet(state) with { Phase = Copying }, [new SourceAction.Copy()]);
            case (Holding, Held or Ask):
                // Only who has voted asks: the vote itself may have been lost with the daemon that was about to say it.
                return (Quiet(state) with { Phase = Ruling }, [new SourceAction.Rule(Verdict.Commit)]);
            case (Preparing or Copying or Dumping or Holding, Gone):
                return CallOff(state, message.Detail ?? "the target has nothing of it any more");
            case (Committed or Filling, Runs):
                return (Quiet(state) with { Phase = Done, Reason = null }, []);
            case (Committed, Fills):
                return (Quiet(state) with { Phase = Filling, Reason = null, AgainAtMs = nowMs + HandoverLimits.AgainMaxMs }, []);
            case (Filling, Fills):
                return (state, []);
            case (Committed, Gone):
                return (state with { Reason = message.Detail }, []);
            case (Committed or Filling or Done, Ask or Ready or Held):
                return (state, [Tell(state, Run)]);
            case (Aborted, Gone):
                return (Quiet(state), []);
            case (Aborted, Ask or Ready or Held or Runs):
                return (state, [Tell(state, Drop)]);
            default:
                return (state, []);
        }
    }

    private static (SourceState, IReadOnlyList<SourceAction>) OnDue(SourceState state, long nowMs)
    {
        if (state.DeadlineMs <= nowMs)
        {
            return CallOff(state, state.Phase == Preparing
                ? $"the target was not ready within {HandoverLimits.PrepareMs / 1000} s"
                : $"the target did not hold it within {HandoverLimits.HoldMs / 1000} s");
        }

        if (state.AgainAtMs is not { } at || at > nowMs)
        {
            return (state, []);
        }

        return state.Phase switch
        {
            Preparing => Say(state, Prepare, nowMs),
            Holding => Say(state, Hold, nowMs),
            Committed => Say(state, Run, nowMs),
            Filling => (state with { AgainAtMs = nowMs + HandoverLimits.AgainMaxMs }, [Tell(state, Run)]),
            Aborted when state.Times < HandoverLimits.DropsMax => Say(state, Drop, nowMs),
            _ => (Quiet(state), []),
        };
    }

    private static (SourceState, IReadOnlyList<SourceAction>) CallOff(SourceState state, string reason) =>
        (Quiet(state) with { Phase = Ruling, Reason = reason }, [new SourceAction.Rule(Verdict.Abort)]);

    private static (SourceState, IReadOnlyList<SourceAction>) Obey(SourceState state, Verdict verdict, long nowMs)
    {
        var (next, told) = verdict == Verdict.Commit
            ? Say(Quiet(state) with { Phase = Committed, Reason = null }, Run, nowMs)
            : Say(Quiet(state) with { Phase = Aborted, Reason = state.Reason ?? "its box was not told in time" }, Drop, nowMs);
        return (next, [verdict == Verdict.Commit ? new SourceAction.Release() : new SourceAction.Resume(), .. told]);
    }

    /// <summary>Says it, and again after a while.</summary>
    private static (SourceState State, IReadOnlyList<SourceAction> Actions) Say(SourceState state, HandoverWord word, long nowMs)
    {
        long pause = Math.Min(HandoverLimits.AgainMs << Math.Min(state.Times, 16), HandoverLimits.AgainMaxMs);
        return (state with { AgainAtMs = nowMs + pause, Times = state.Times + 1 }, [Tell(state, word)]);
    }

    private static SourceState Quiet(SourceState state) => state with { DeadlineMs = null, AgainAtMs = null, Times = 0 };

    private static SourceAction.Tell Tell(SourceState state, HandoverWord word) => new(new HandoverMessage(word, state.Epoch, word == Hold ? state.Digest : null));
}
