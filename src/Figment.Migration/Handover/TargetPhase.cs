namespace Figment.Migration.Handover;

/// <summary>How far a machine has come that moves here.</summary>
public enum TargetPhase
{
    /// <summary>What it needs is made.</summary>
    Preparing,

    /// <summary>Its memory may come.</summary>
    Ready,

    /// <summary>All is here; a box restores it.</summary>
    Restoring,

    /// <summary>The vote is given; a box holds it before its first instruction.</summary>
    Held,

    /// <summary>The vote stands, but no box holds it any more: it waits on storage for the verdict.</summary>
    Kept,

    /// <summary>It is this node's, and a box brings it up.</summary>
    Starting,

    /// <summary>It runs, or has, and some of its memory is still at the source.</summary>
    Filling,

    /// <summary>It runs, or has.</summary>
    Running,

    /// <summary>Nothing of it is here.</summary>
    Gone,
}
