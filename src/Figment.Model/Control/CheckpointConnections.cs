namespace Figment.Model.Control;

/// <summary>What becomes of a machine's connections when a snapshot of it is made and it does not go on.</summary>
public enum CheckpointConnections
{
    /// <summary>They stand still, and no packet reaches the machine's addresses until the snapshot is restored there.</summary>
    Stop,

    /// <summary>The keeper gets them, and they go on meanwhile (<see cref="BoxMessage.KeptSockets"/>).</summary>
    Keep,

    /// <summary>They end, as when a program ends.</summary>
    Close,
}
