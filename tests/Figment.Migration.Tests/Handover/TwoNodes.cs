using Figment.Migration.Handover;

namespace Figment.Migration.Tests.Handover;

/// <summary>Two nodes with their boxes, disks and the network between them; whoever tests says what happens next. Checks after each step that the program runs once.</summary>
internal sealed class TwoNodes
{
    private const long Epoch = 7;

    private readonly List<HandoverMessage> _toTarget = [];
    private readonly List<HandoverMessage> _toSource = [];
    private readonly List<string> _story = [];
    private Verdict? _verdict;
    private TargetRecord? _record;
    private bool _imageUsed;
    private bool _imageThere;
    private long? _boxRulesAt;
    private bool _copying;
    private bool _dumping;
    private bool _preparing;

    private readonly bool _owes;
    private bool _isFilled;

    /// <param name="owes">The machine runs at the target before its memory is there.</param>
    public TwoNodes(bool owes = false)
    {
        _owes = owes;
        FeedSource(new SourceInput.Begin());
    }

    /// <summary>Of a program, wherever it is.</summary>
    public enum Program
    {
        None,
        Held,
        Runs,
    }

    public long NowMs { get; private set; }

    public SourceState Source { get; private set; } = new() { Phase = SourcePhase.Preparing, Epoch = Epoch };

    public TargetState Target { get; private set; } = TargetHandover.Unknown(Epoch);

    public Program AtSource { get; private set; } = Program.Runs;

    public Program AtTarget { get; private set; }

    public bool SourceIsUp { get; private set; } = true;

    public bool TargetIsUp { get; private set; } = true;

    public string Story => string.Join('\n', _story);

    public bool IsSettled => _toSource.Count == 0 && _toTarget.Count == 0 && Source.Phase is SourcePhase.Done or SourcePhase.Aborted && Target.Phase is TargetPhase.Gone or TargetPhase.Running;

    public void Deliver(bool toTarget, int which, bool again)
    {
        var queue = toTarget ? _toTarget : _toSource;
        if (queue.Count == 0)
        {
            return;
        }

        var message = queue[which % queue.Count];
        if (!again)
        {
            queue.Remove(message);
        }

        if (toTarget && TargetIsUp)
        {
            FeedTarget(new TargetInput.Said(message));
        }
        else if (!toTarget && SourceIsUp)
        {
            FeedSource(new SourceInput.Said(message));
        }
    }

    public void Lose(bool toTarget, int which)
    {
        var queue = toTarget ? _toTarget : _toSource;
        if (queue.Count > 0)
        {
            queue.RemoveAt(which % queue.Count);
        }
    }

    /// <summary>What a node works at gets done, or goes wrong.</summary>
    public void Work(bool atTarget, bool isWell)
    {
        if (atTarget && TargetIsUp)
        {
            WorkAtTarget(isWell);
        }
        else if (!atTarget && SourceIsUp)
        {
            WorkAtSource(isWell);
        }

        Check();
    }

    public void Pass(long ms)
    {
        NowMs += ms;
        if (_boxRulesAt <= NowMs)
        {
            // Its box hears from nobody.
            _boxRulesAt = null;
            Obey(Rule(Verdict.Abort));
            if (SourceIsUp)
            {
                FeedSource(new SourceInput.Ruled(_verdict!.Value));
            }
        }

        if (SourceIsUp && Source.DueMs <= NowMs)
        {
            FeedSource(new SourceInput.Due());
        }

        if (TargetIsUp && Target.DueMs <= NowMs)
        {
            FeedTarget(new TargetInput.Due());
        }

        Check();
    }

    public void Cancel()
    {
        if (SourceIsUp)
        {
            FeedSource(new SourceInput.Cancelled());
        }
    }

    public void KillSource()
    {
        _story.Add("the source's daemon dies");
        (SourceIsUp, _copying) = (false, false);
        _dumping &= AtSource == Program.Held;
    }

    public void KillTarget()
    {
        _story.Add("the target's daemon dies");
        (TargetIsUp, _preparing) = (false, false);
    }

    public void Restart(bool target)
    {
        if (target && !TargetIsUp)
        {
            TargetIsUp = true;
            Target = TargetHandover.Unknown(Epoch);
            FeedTarget(new TargetInput.Restarted(_record));
        }
        else if (!target && !SourceIsUp)
        {
            SourceIsUp = true;
            if (Source.Phase is not (SourcePhase.Done or SourcePhase.Aborted))
            {
                Source = Source with { Phase = SourcePhase.Preparing, Reason = null, DeadlineMs = null, AgainAtMs = null, Times = 0 };
                FeedSource(new SourceInput.Restarted(_verdict));
            }
        }
    }

    /// <summary>The box that holds the copy dies, and the copy with it.</summary>
    public void KillTargetBox()
    {
        if (AtTarget != Program.Held)
        {
            return;
        }

        _story.Add("the target's box dies");
        AtTarget = Program.None;
        if (TargetIsUp)
        {
            FeedTarget(new TargetInput.BoxGone("it was killed"));
        }
    }

    private void WorkAtSource(bool isWell)
    {
        if (_copying)
        {
            _copying = false;
            FeedSource(isWell ? new SourceInput.Copied() : new SourceInput.Failed("the copy broke off"));
        }
        else if (_dumping)
        {
            _dumping = false;
            if (isWell)
            {
                _imageThere = true;
                FeedSource(new SourceInput.Dumped("all of it"));
            }
            else
            {
                FeedSource(new SourceInput.Failed("the dump failed"));
            }
        }
    }

    private void WorkAtTarget(bool isWell)
    {
        if (_preparing)
        {
            _preparing = false;
            FeedTarget(isWell ? new TargetInput.Prepared() : new TargetInput.Failed("no such image"));
        }
        else if (Target.Phase == TargetPhase.Restoring && AtTarget == Program.None)
        {
            AtTarget = isWell ? Program.Held : Program.None;
            FeedTarget(isWell ? new TargetInput.BoxHolds() : new TargetInput.BoxGone("it cannot be restored"));
        }
        else if (Target.Phase == TargetPhase.Filling)
        {
            Fill();
        }
        else if (Target.Phase == TargetPhase.Starting && Target.AgainAtMs is null)
        {
            if (AtTarget == Program.Runs || _imageUsed)
            {
                FeedTarget(new TargetInput.BoxRuns(_owes && !_isFilled));
            }
            else if (isWell)
            {
                Assert.True(_imageThere, Told("it is started from nothing"));
                (AtTarget, _imageUsed) = (Program.Runs, true);
                FeedTarget(new TargetInput.BoxRuns(_owes && !_isFilled));
            }
            else
            {
                AtTarget = Program.None;
                FeedTarget(new TargetInput.BoxGone("it cannot be restored now"));
            }
        }
    }

    private void Fill()
    {
        _isFilled = true;
        FeedTarget(new TargetInput.Filled());
    }

    private void FeedSource(SourceInput input)
    {
        var (next, actions) = SourceHandover.Decide(Source, input, NowMs);
        _story.Add($"{NowMs} source {Source.Phase}: {input} -> {next.Phase} {string.Join(", ", actions)}");
        Source = next;
        foreach (var action in actions)
        {
            switch (action)
            {
                case SourceAction.Tell tell:
                    _toTarget.Add(tell.Message);
                    break;
                case SourceAction.Copy:
                    _copying = true;
                    break;
                case SourceAction.Dump:
                    Assert.Equal(Program.Runs, AtSource);
                    (_dumping, AtSource, _boxRulesAt) = (true, Program.Held, NowMs + HandoverLimits.BoxMs);
                    break;
                case SourceAction.Rule rule:
                    FeedSource(new SourceInput.Ruled(Rule(rule.Verdict)));
                    break;
                case SourceAction.Release:
                    Obey(Verdict.Commit);
                    break;
                case SourceAction.Resume:
                    Obey(Verdict.Abort);
                    break;
            }
        }

        Check();
    }

    private Verdict Rule(Verdict wanted) => _verdict ??= wanted;

    private void Obey(Verdict verdict)
    {
        Assert.True(_verdict == verdict, Told("the box is told what is not the verdict"));
        (_dumping, _boxRulesAt) = (false, null);
        if (AtSource == Program.Held || verdict == Verdict.Commit)
        {
            AtSource = verdict == Verdict.Commit ? Program.None : Program.Runs;
        }
    }

    private void FeedTarget(TargetInput input)
    {
        var (next, actions) = TargetHandover.Decide(Target, input, NowMs);
        _story.Add($"{NowMs} target {Target.Phase}: {input} -> {next.Phase} {string.Join(", ", actions)}");
        Target = next;
        foreach (var action in actions)
        {
            switch (action)
            {
                case TargetAction.Tell tell:
                    _toSource.Add(tell.Message);
                    break;
                case TargetAction.Prepare:
                    _preparing = true;
                    break;
                case TargetAction.Write write:
                    _record = write.Record;
                    break;
                case TargetAction.Release:
                    // The box may have died before it heard that.
                    if (AtTarget == Program.Held)
                    {
                        (AtTarget, _imageUsed) = (Program.Runs, true);
                    }

                    break;
                case TargetAction.EndBox or TargetAction.Discard when AtTarget == Program.Held:
                    AtTarget = Program.None;
                    break;
            }

            if (action is TargetAction.Discard)
            {
                Assert.True(_record != TargetRecord.Owner, Told("what is the target's is thrown away"));
                (_record, _preparing) = (null, false);
            }
        }

        Check();
    }

    private void Check()
    {
        Assert.True(AtSource != Program.Runs || AtTarget != Program.Runs, Told("it runs twice"));
        Assert.True(AtTarget != Program.Runs || _verdict == Verdict.Commit, Told("it runs at the target without a verdict"));
        Assert.True(!_owes || Source.Phase != SourcePhase.Done || _isFilled, Told("the source lets go of memory that the target lacks"));
        Assert.True(AtSource != Program.Runs || _verdict != Verdict.Commit, Told("it runs at the source after the commit"));
        Assert.True(_verdict != Verdict.Commit || _record is not null || AtTarget == Program.Runs, Told("the target has nothing of what is its own"));
    }

    private string Told(string what) => $"{what}\n{Story}";
}
