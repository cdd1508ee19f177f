namespace Figment.Migration.Handover;

/// <summary>What happens to a migration at its source.</summary>
public abstract record SourceInput
{
    /// <summary>A user asks for it.</summary>
    public sealed record Begin : SourceInput;

    /// <summary>The target says something.</summary>
    public sealed record Said(HandoverMessage Message) : SourceInput;

    /// <summary>What is left to copy is little enough.</summary>
    public sealed record Copied : SourceInput;

    /// <summary>The machine is written, stands still, and all of it is at the target.</summary>
    public sealed record Dumped(string Digest) : SourceInput;

    /// <summary>It cannot be copied or written, or has ended.</summary>
    public sealed record Failed(string Reason) : SourceInput;

    /// <summary>The verdict, whoever was first to write it.</summary>
    public sealed record Ruled(Verdict Verdict) : SourceInput;

    /// <summary>A user calls it off.</summary>
    public sealed record Cancelled : SourceInput;

    /// <summary><see cref="SourceState.DueMs"/> has come.</summary>
    public sealed record Due : SourceInput;

    /// <summary>The daemon was started anew and finds the migration on storage, with its verdict if there is one.</summary>
    public sealed record Restarted(Verdict? Verdict) : SourceInput;
}
