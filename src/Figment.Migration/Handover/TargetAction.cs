namespace Figment.Migration.Handover;

/// <summary>What the target's daemon does, in this order.</summary>
public abstract record TargetAction
{
    /// <summary>To the source.</summary>
    public sealed record Tell(HandoverMessage Message) : TargetAction;

    /// <summary>Makes what the machine needs: image, mounts, namespace, box.</summary>
    public sealed record Prepare : TargetAction;

    /// <summary>Compares what came with the digest, and has a box restore it and hold it.</summary>
    public sealed record Restore(string? Digest) : TargetAction;

    /// <summary>Puts this on storage. What follows waits for it.</summary>
    public sealed record Write(TargetRecord Record) : TargetAction;

    /// <summary>The box that holds it lets it run.</summary>
    public sealed record Release : TargetAction;

    /// <summary>A box restores it and lets it run, if none has: once it has run it is never brought back from there.</summary>
    public sealed record Start : TargetAction;

    /// <summary>The box that holds it ends, and what it holds.</summary>
    public sealed record EndBox : TargetAction;

    /// <summary>Takes all of it away.</summary>
    public sealed record Discard : TargetAction;
}
