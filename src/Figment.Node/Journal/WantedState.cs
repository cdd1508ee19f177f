namespace Figment.Node.Journal;

public enum WantedState
{
    Up,

    /// <summary>On its way down; the record goes when it is.</summary>
    Down,
}
