namespace Figment.Keeper.Fabric;

/// <summary>Part of an application's networks could not be made. The message says which, why, and what to do.</summary>
internal sealed class FabricException(string message, Exception? inner = null) : Exception(message, inner);
