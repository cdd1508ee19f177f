namespace Figment.Model.Control;

/// <summary>What a snapshot of a machine is for.</summary>
public enum SnapshotUse
{
    /// <summary>A user keeps it.</summary>
    User,

    /// <summary>The machine goes to storage.</summary>
    Hibernate,

    /// <summary>Machines of its kind begin from it.</summary>
    Warm,
}
