namespace Figment.Migration.Handover;

/// <summary>What the source's daemon does.</summary>
public abstract record SourceAction
{
    /// <summary>To the target.</summary>
    public sealed record Tell(HandoverMessage Message) : SourceAction;

    /// <summary>Sends memory while the machine runs.</summary>
    public sealed record Copy : SourceAction;

    /// <summary>Has the machine stand still, and sends the rest. Its box rules by itself after <see cref="HandoverLimits.BoxMs"/>.</summary>
    public sealed record Dump : SourceAction;

    /// <summary>Writes this verdict unless there is one; what it is then comes as <see cref="SourceInput.Ruled"/>.</summary>
    public sealed record Rule(Verdict Verdict) : SourceAction;

    /// <summary>The original ends.</summary>
    public sealed record Release : SourceAction;

    /// <summary>The original goes on.</summary>
    public sealed record Resume : SourceAction;
}
