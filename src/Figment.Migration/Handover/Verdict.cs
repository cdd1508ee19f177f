namespace Figment.Migration.Handover;

/// <summary>What becomes of a machine that is to move. Ruled once, at the source; see <see cref="VerdictFile"/>.</summary>
public enum Verdict
{
    /// <summary>It is the target's: the original never runs again.</summary>
    Commit,

    /// <summary>It stays: the copy never runs.</summary>
    Abort,
}
