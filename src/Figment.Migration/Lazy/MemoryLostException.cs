namespace Figment.Migration.Lazy;

/// <summary>Memory that was to come is nowhere any more.</summary>
internal sealed class MemoryLostException(string message) : IOException(message);
