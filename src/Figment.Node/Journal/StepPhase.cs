namespace Figment.Node.Journal;

public enum StepPhase
{
    /// <summary>Written before the effect.</summary>
    Begun,

    /// <summary>Written after it.</summary>
    Done,

    Failed,

    /// <summary>Written before an effect is taken back.</summary>
    UndoBegun,

    Undone,
}
