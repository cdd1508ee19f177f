using static Figment.Migration.Handover.TargetPhase;

namespace Figment.Migration.Handover;

/// <summary>
/// The target's half of a migration. Pure. Until it has voted it may give up at any time; with its vote it promises to bring the machine up whenever the source says so, and asks until it does.
/// </summary>
public static class TargetHandover
{
    /// <summary>A source speaks of a migration that nothing is known of.</summary>
    public static TargetState Unknown(long epoch) => new() { Phase = Gone, Epoch = epoch };

    /// <param name="state">Before.</param>
    /// <param name="input">What happened.</param>
    /// <param name="nowMs">When, by a clock that only grows.</param>
    public static (TargetState State, IReadOnlyList<TargetAction> Actions) Decide(TargetState state, TargetInput input, long nowMs)
    {
        switch (input)
        {
            case TargetInput.Said { Message: { } message } when message.Epoch == state.Epoch:
                return OnSaid(state, message, nowMs);
            case TargetInput.Prepared when state.Phase == Preparing:
                return (state with { Phase = Ready, DeadlineMs = nowMs + HandoverLimits.IncomingMs }, [Tell(state, HandoverWord.Ready)]);
            case TargetInput.Failed failed when !HasVoted(state):
                return GiveUp(state, failed.Reason);
            case TargetInput.BoxGone gone when state.Phase == Restoring:
                return GiveUp(state, gone.Reason);
            case TargetInput.BoxHolds when state.Phase == Restoring:
                return (state with { Phase = Held, DeadlineMs = nowMs + HandoverLimits.HeldMs }, [new TargetAction.Write(TargetRecord.Vote), Tell(state, HandoverWord.Held)]);
            case TargetInput.BoxGone gone when state.Phase == Held:
                return Keep(state with { Reason = gone.Reason }, nowMs, []);
            case TargetInput.BoxGone gone when state.Phase == Starting:
                return (Again(state with { Reason = gone.Reason }, nowMs), []);
            case TargetInput.Failed failed when state.Phase == Starting:
                return (Again(state with { Reason = failed.Reason }, nowMs), []);
            case TargetInput.BoxRuns { Lacks: true } when state.Phase == Starting:
                return (Quiet(state) with { Phase = Filling, Reason = null }, [Tell(state, HandoverWord.Fills)]);
            case TargetInput.Filled when state.Phase == Filling:
            case TargetInput.BoxRuns when state.Phase == Starting:
                return (Quiet(state) with { Phase = Running, Reason = null }, [Tell(state, HandoverWord.Runs)]);
            case TargetInput.Due:
                return OnDue(state, nowMs);
            case TargetInput.Restarted { Record: TargetRecord.Owner }:
                return (Quiet(state) with { Phase = Starting }, [new TargetAction.Start()]);
            case TargetInput.Restarted { Record: TargetRecord.Vote }:
                return Keep(state, nowMs, [new TargetAction.EndBox()]);
            case TargetInput.Restarted:
                return GiveUp(state, "the target's daemon was started anew");
            default:
                return (state, []);
        }
    }

    private static bool HasVoted(TargetState state) => state.Phase is Held or Kept or Starting or Filling or Running;

    private static (TargetState, IReadOnlyList<TargetAction>) OnSaid(TargetState state, HandoverMessage message, long nowMs)
    {
        switch (message.Word, state.Phase)
        {
            case (HandoverWord.Prepare, Gone) when state.Reason is null:
                return (state with { Phase = Preparing }, [new TargetAction.Prepare()]);
            case (HandoverWord.Prepare, Ready):
                return (state, [Tell(state, HandoverWord.Ready)]);
            case (HandoverWord.Hold, Ready):
                return (state with { Phase = Restoring, DeadlineMs = nowMs + HandoverLimits.RestoreMs }, [new TargetAction.Restore(message.Detail)]);
            case (HandoverWord.Hold, Held or Kept):
                return (state, [Tell(state, HandoverWord.Held)]);
            case (HandoverWord.Run, Held):
                // It runs while that is written: a daemon that finds its vote alone is told again, and ends no box that was let go.
                return (Quiet(state) with { Phase = Starting }, [new TargetAction.Release(), new TargetAction.Write(TargetRecord.Owner)]);
            case (HandoverWord.Run, Kept):
                return (Quiet(state) with { Phase = Starting }, [new TargetAction.Write(TargetRecord.Owner), new TargetAction.Start()]);
            case (HandoverWord.Run, Filling):
                return (state, [Tell(state, HandoverWord.Fills)]);
            case (HandoverWord.Run, Running):
                return (state, [Tell(state, HandoverWord.Runs)]);
            case (HandoverWord.Drop, not (Starting or Filling or Running or Gone)):
                return GiveUp(state, "the source has called it off");
            case (_, Gone):
                return (state, [Tell(state, HandoverWord.Gone)]);
            default:
                return (state, []);
        }
    }

    private static (TargetState, IReadOnlyList<TargetAction>) OnDue(TargetState state, long nowMs)
    {
        if (state.DeadlineMs <= nowMs)
        {
            return state.Phase switch
            {
                Held => Keep(state, nowMs, [new TargetAction.EndBox()]),
                Restoring => GiveUp(state, $"it was not restored within {HandoverLimits.RestoreMs / 1000} s"),
                _ => GiveUp(state, $"the source said nothing for {HandoverLimits.IncomingMs / 1000} s"),
            };
        }

        if (state.AgainAtMs is not { } at || at > nowMs)
        {
            return (state, []);
        }

        return state.Phase switch
        {
            Kept => Keep(state, nowMs, []),
            Starting => (state with { AgainAtMs = null }, [new TargetAction.Start()]),
            _ => (Quiet(state), []),
        };
    }

    /// <summary>The vote stands. Only the source knows what becomes of it.</summary>
    private static (TargetState, IReadOnlyList<TargetAction>) Keep(TargetState state, long nowMs, IReadOnlyList<TargetAction> first)
    {
        var next = state.Phase == Kept ? state : Quiet(state) with { Phase = Kept };
        return (Again(next, nowMs), [.. first, Tell(state, HandoverWord.Ask)]);
    }

    private static (TargetState, IReadOnlyList<TargetAction>) GiveUp(TargetState state, string reason)
    {
        state = Quiet(state) with { Phase = Gone, Reason = reason };
        return (state, [new TargetAction.Discard(), Tell(state, HandoverWord.Gone)]);
    }

    private static TargetState Again(TargetState state, long nowMs) =>
        state with { AgainAtMs = nowMs + Math.Min(HandoverLimits.AgainMs << Math.Min(state.Times, 16), HandoverLimits.AgainMaxMs), Times = state.Times + 1 };

    private static TargetState Quiet(TargetState state) => state with { DeadlineMs = null, AgainAtMs = null, Times = 0 };

    private static TargetAction.Tell Tell(TargetState state, HandoverWord word) => new(new HandoverMessage(word, state.Epoch, word == HandoverWord.Gone ? state.Reason : null));
}
