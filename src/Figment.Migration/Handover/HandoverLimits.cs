namespace Figment.Migration.Handover;

/// <summary>
/// Milliseconds. Nothing that is safe depends on them: the verdict alone decides. They are ordered so that the target gives up what it holds before the source stops waiting for it,
/// and the daemon of the source before its box.
/// </summary>
public static class HandoverLimits
{
    /// <summary>Images may have to be pulled.</summary>
    public const long PrepareMs = 300_000;

    /// <summary>A restore that takes longer hangs.</summary>
    public const long RestoreMs = 20_000;

    /// <summary>From the vote to the verdict.</summary>
    public const long HeldMs = 5_000;

    /// <summary>From the dump to the vote; more than the two before.</summary>
    public const long HoldMs = 27_000;

    /// <summary>The source's box rules by itself, for its daemon may be dead.</summary>
    public const long BoxMs = 30_000;

    /// <summary>A target to which its source says nothing before it has voted.</summary>
    public const long IncomingMs = 600_000;

    /// <summary>Until a word is said again, doubled each time up to <see cref="AgainMaxMs"/>.</summary>
    public const long AgainMs = 250;

    public const long AgainMaxMs = 10_000;

    /// <summary>A target that is dead asks when it comes back.</summary>
    public const int DropsMax = 12;
}
