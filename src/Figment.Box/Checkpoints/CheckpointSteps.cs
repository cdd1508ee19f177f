namespace Figment.Box.Checkpoints;

/// <summary>What is done while a machine is written, in this order.</summary>
/// <param name="Copy">Copies its memory into the folder of the dump while it runs; null: it is written when it stands still.</param>
/// <param name="StandStill">False: it is called off.</param>
/// <param name="Complete">The snapshot is complete, but for memory that was copied, and the machine still stands.</param>
/// <param name="Dumped">CRIU has let it go, or ended it.</param>
internal sealed record CheckpointSteps(Func<string, RunningCopy?> Copy, Func<bool> StandStill, Action Complete, Action Dumped);
