namespace Figment.Simulation.Engine;

/// <summary>How far a box is.</summary>
internal enum BoxPhase
{
    /// <summary>There is none.</summary>
    None,

    BoxStarts,

    /// <summary>The program runs and does not listen yet.</summary>
    ProgramStarts,

    Listens,

    /// <summary>The program has ended.</summary>
    Clears,

    /// <summary>The machine is on storage; its box may still be there for a moment.</summary>
    Stored,

    /// <summary>It comes back from there.</summary>
    Returns,
}
