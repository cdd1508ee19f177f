namespace Figment.Migration.Handover;

/// <summary>How far a migration has come, at its source.</summary>
public enum SourcePhase
{
    /// <summary>The target makes itself ready.</summary>
    Preparing,

    /// <summary>Memory is sent while the machine runs.</summary>
    Copying,

    /// <summary>The machine stands still; the rest is written and sent.</summary>
    Dumping,

    /// <summary>The target restores it.</summary>
    Holding,

    /// <summary>The verdict is being written.</summary>
    Ruling,

    /// <summary>It is the target's; the target has not said yet that it runs.</summary>
    Committed,

    /// <summary>It runs at the target, which does not have all of its memory yet.</summary>
    Filling,

    /// <summary>It runs at the target.</summary>
    Done,

    /// <summary>It is the source's as before.</summary>
    Aborted,
}
