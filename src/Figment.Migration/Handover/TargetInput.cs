namespace Figment.Migration.Handover;

/// <summary>What happens to a migration at its target.</summary>
public abstract record TargetInput
{
    /// <summary>The source says something.</summary>
    public sealed record Said(HandoverMessage Message) : TargetInput;

    /// <summary>What the machine needs is there.</summary>
    public sealed record Prepared : TargetInput;

    /// <summary>It cannot be prepared, or what came is not what was sent.</summary>
    public sealed record Failed(string Reason) : TargetInput;

    /// <summary>A box has restored it and holds it.</summary>
    public sealed record BoxHolds : TargetInput;

    /// <summary>It has begun to run. It may have ended since: that is the life of a machine like any other.</summary>
    /// <param name="Lacks">Some of its memory is still at the source.</param>
    public sealed record BoxRuns(bool Lacks = false) : TargetInput;

    /// <summary>Its memory is here, or nobody misses it any more.</summary>
    public sealed record Filled : TargetInput;

    /// <summary>Its box is gone, and it has not run.</summary>
    public sealed record BoxGone(string Reason) : TargetInput;

    /// <summary><see cref="TargetState.DueMs"/> has come.</summary>
    public sealed record Due : TargetInput;

    /// <summary>The daemon was started anew and finds this on storage, or nothing.</summary>
    public sealed record Restarted(TargetRecord? Record) : TargetInput;
}
