using CsCheck;
using Figment.Migration.Handover;

namespace Figment.Migration.Tests.Handover;

/// <summary>Whatever is lost, late, twice or dead, and whenever: the program runs once. A failure prints the seed that repeats it.</summary>
public sealed class HandoverTests
{
    private const int SettleRounds = 2_000;

    private enum Step
    {
        ToTarget,
        ToTargetAgain,
        ToSource,
        ToSourceAgain,
        LoseToTarget,
        LoseToSource,
        SourceWorks,
        SourceFails,
        TargetWorks,
        TargetFails,
        PassLittle,
        PassMuch,
        KillSource,
        KillTarget,
        KillTargetBox,
        RestartSource,
        RestartTarget,
        Cancel,
    }

    /// <summary>Mostly what goes well, so that all phases are come to.</summary>
    private static readonly Gen<(Step Step, int Which)[]> Steps = Gen.Select(
        Gen.Frequency(
            (12, Gen.Const(Step.ToTarget)),
            (12, Gen.Const(Step.ToSource)),
            (8, Gen.Const(Step.SourceWorks)),
            (8, Gen.Const(Step.TargetWorks)),
            (6, Gen.Const(Step.PassLittle)),
            (10, Gen.Enum<Step>())),
        Gen.Int[0, 5]).Array[0, 60];

    [Fact]
    public void Without_faults_it_moves()
    {
        var nodes = new TwoNodes();

        Settle(nodes);

        Assert.Equal((SourcePhase.Done, TargetPhase.Running), (nodes.Source.Phase, nodes.Target.Phase));
        Assert.Equal((TwoNodes.Program.None, TwoNodes.Program.Runs), (nodes.AtSource, nodes.AtTarget));
    }

    [Fact]
    public void Called_off_it_stays()
    {
        var nodes = new TwoNodes();
        nodes.Deliver(toTarget: true, 0, again: false);
        nodes.Cancel();

        Settle(nodes);

        Assert.Equal((SourcePhase.Aborted, "it was called off"), (nodes.Source.Phase, nodes.Source.Reason));
        Assert.Equal((TwoNodes.Program.Runs, TwoNodes.Program.None), (nodes.AtSource, nodes.AtTarget));
    }

    [Fact]
    public void Once_it_is_the_target_s_nothing_calls_it_back()
    {
        var nodes = Until(nodes => nodes.Source.Phase == SourcePhase.Committed);
        nodes.Cancel();
        nodes.KillTargetBox();
        nodes.KillSource();
        nodes.KillTarget();
        nodes.Pass(HandoverLimits.BoxMs * 10);

        Settle(nodes);

        Assert.Equal((TwoNodes.Program.None, TwoNodes.Program.Runs), (nodes.AtSource, nodes.AtTarget));
    }

    [Fact]
    public void A_source_that_is_dead_leaves_the_machine_to_its_box()
    {
        var nodes = Until(nodes => nodes.Source.Phase == SourcePhase.Holding);
        nodes.KillSource();

        nodes.Pass(HandoverLimits.BoxMs);

        Assert.Equal(TwoNodes.Program.Runs, nodes.AtSource);
        Settle(nodes);
        Assert.Equal((SourcePhase.Aborted, TargetPhase.Gone), (nodes.Source.Phase, nodes.Target.Phase));
    }

    [Fact]
    public void A_vote_outlives_its_box_its_daemon_and_its_time()
    {
        var nodes = Until(nodes => nodes.Source.Phase == SourcePhase.Committed);
        nodes.Lose(toTarget: true, 0);
        nodes.KillTarget();
        nodes.KillTargetBox();
        nodes.Pass(HandoverLimits.HeldMs * 100);
        nodes.Restart(target: true);
        Assert.Equal(TargetPhase.Kept, nodes.Target.Phase);

        Settle(nodes);

        Assert.Equal(TwoNodes.Program.Runs, nodes.AtTarget);
    }

    /// <summary>The machine stands still meanwhile: the daemon that is back asks for the verdict, and is told once more to hold.</summary>
    [Fact]
    public void A_vote_that_was_lost_with_its_daemon_is_heard_when_that_is_back()
    {
        var (kept, asks) = TargetHandover.Decide(TargetHandover.Unknown(7), new TargetInput.Restarted(TargetRecord.Vote), 0);
        Assert.Equal([HandoverWord.Ask], asks.OfType<TargetAction.Tell>().Select(tell => tell.Message.Word));
        var (_, told) = TargetHandover.Decide(kept, new TargetInput.Said(new HandoverMessage(HandoverWord.Hold, 7)), 0);
        Assert.Equal([HandoverWord.Held], told.OfType<TargetAction.Tell>().Select(tell => tell.Message.Word));

        var holding = new SourceState { Phase = SourcePhase.Holding, Epoch = 7, DeadlineMs = HandoverLimits.HoldMs };
        foreach (var word in new[] { HandoverWord.Ask, HandoverWord.Held })
        {
            var (ruling, ruled) = SourceHandover.Decide(holding, new SourceInput.Said(new HandoverMessage(word, 7)), 0);
            Assert.Equal(SourcePhase.Ruling, ruling.Phase);
            Assert.Equal([Verdict.Commit], ruled.OfType<SourceAction.Rule>().Select(rule => rule.Verdict));
        }
    }

    [Fact]
    public void The_target_gives_up_before_the_source_and_the_daemon_before_the_box()
    {
        Assert.True(HandoverLimits.RestoreMs + HandoverLimits.HeldMs < HandoverLimits.HoldMs);
        Assert.True(HandoverLimits.HoldMs < HandoverLimits.BoxMs);
    }

    [Fact]
    public void Words_of_another_epoch_are_of_another_migration()
    {
        var source = new SourceState { Phase = SourcePhase.Holding, Epoch = 7 };
        var target = new TargetState { Phase = TargetPhase.Held, Epoch = 7 };
        foreach (long epoch in new long[] { 6, 8 })
        {
            Assert.Equal((source, 0), Counted(SourceHandover.Decide(source, new SourceInput.Said(new HandoverMessage(HandoverWord.Held, epoch)), 0)));
            Assert.Equal((target, 0), Counted(TargetHandover.Decide(target, new TargetInput.Said(new HandoverMessage(HandoverWord.Run, epoch)), 0)));
        }
    }

    [Fact]
    public void It_runs_once_whatever_happens() =>
        Steps.Sample(
            steps =>
            {
                var nodes = new TwoNodes(owes: steps.Length % 2 == 1);
                foreach (var (step, which) in steps)
                {
                    Take(nodes, step, which);
                }

                Settle(nodes);
                Assert.True(nodes.AtSource == TwoNodes.Program.Runs != (nodes.AtTarget == TwoNodes.Program.Runs), $"source {nodes.AtSource}, target {nodes.AtTarget}\n{nodes.Story}");
                Assert.True(nodes.Source.Phase == SourcePhase.Done == (nodes.AtTarget == TwoNodes.Program.Runs), nodes.Story);
            },
            iter: 20_000);

    /// <summary>The faults above are met in every phase, and both ends are come to: else they would prove little.</summary>
    [Fact]
    public void Random_steps_come_to_every_phase()
    {
        HashSet<SourcePhase> sources = [];
        HashSet<TargetPhase> targets = [];
        Steps.Sample(
            steps =>
            {
                var nodes = new TwoNodes(owes: steps.Length % 2 == 1);
                foreach (var (step, which) in steps)
                {
                    Take(nodes, step, which);
                    lock (sources)
                    {
                        sources.Add(nodes.Source.Phase);
                        targets.Add(nodes.Target.Phase);
                    }
                }
            },
            iter: 5_000);

        Assert.Equal(Enum.GetValues<SourcePhase>().Except([SourcePhase.Ruling]), sources.Order());
        Assert.Equal(Enum.GetValues<TargetPhase>(), targets.Order());
    }

    private static (SourceState, int) Counted((SourceState State, IReadOnlyList<SourceAction> Actions) decision) => (decision.State, decision.Actions.Count);

    private static (TargetState, int) Counted((TargetState State, IReadOnlyList<TargetAction> Actions) decision) => (decision.State, decision.Actions.Count);

    private static void Take(TwoNodes nodes, Step step, int which)
    {
        switch (step)
        {
            case Step.ToTarget or Step.ToTargetAgain:
                nodes.Deliver(toTarget: true, which, step == Step.ToTargetAgain);
                break;
            case Step.ToSource or Step.ToSourceAgain:
                nodes.Deliver(toTarget: false, which, step == Step.ToSourceAgain);
                break;
            case Step.LoseToTarget or Step.LoseToSource:
                nodes.Lose(step == Step.LoseToTarget, which);
                break;
            case Step.SourceWorks or Step.SourceFails:
                nodes.Work(atTarget: false, step == Step.SourceWorks);
                break;
            case Step.TargetWorks or Step.TargetFails:
                nodes.Work(atTarget: true, step == Step.TargetWorks);
                break;
            case Step.PassLittle:
                nodes.Pass(100 * (which + 1));
                break;
            case Step.PassMuch:
                nodes.Pass(6_000 * (which + 1));
                break;
            case Step.KillSource:
                nodes.KillSource();
                break;
            case Step.KillTarget:
                nodes.KillTarget();
                break;
            case Step.KillTargetBox:
                nodes.KillTargetBox();
                break;
            case Step.RestartSource or Step.RestartTarget:
                nodes.Restart(step == Step.RestartTarget);
                break;
            case Step.Cancel:
                nodes.Cancel();
                break;
        }
    }

    private static TwoNodes Until(Func<TwoNodes, bool> condition)
    {
        var nodes = new TwoNodes();
        for (int round = 0; !condition(nodes); round++)
        {
            Assert.True(round < SettleRounds, nodes.Story);
            Round(nodes);
        }

        return nodes;
    }

    /// <summary>Nothing goes wrong any more.</summary>
    private static void Settle(TwoNodes nodes)
    {
        nodes.Restart(target: false);
        nodes.Restart(target: true);
        for (int round = 0; !nodes.IsSettled; round++)
        {
            Assert.True(round < SettleRounds, $"it does not come to an end\n{nodes.Story}");
            Round(nodes);
            nodes.Deliver(toTarget: true, 0, again: false);
            nodes.Pass(1_000);
        }
    }

    private static void Round(TwoNodes nodes)
    {
        nodes.Work(atTarget: false, isWell: true);
        nodes.Work(atTarget: true, isWell: true);
        nodes.Deliver(toTarget: false, 0, again: false);
        if (nodes.Source.Phase != SourcePhase.Committed)
        {
            nodes.Deliver(toTarget: true, 0, again: false);
        }
    }
}
