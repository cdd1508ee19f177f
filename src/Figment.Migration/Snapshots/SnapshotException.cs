namespace Figment.Migration.Snapshots;

/// <summary>A snapshot is of no use; the message says why, and what to do.</summary>
public sealed class SnapshotException(string message, Exception? inner = null) : Exception(message, inner);
