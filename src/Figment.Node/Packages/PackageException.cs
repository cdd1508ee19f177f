namespace Figment.Node.Packages;

/// <summary>A package of the node is missing and could not be installed. The message says which, why, and what to do.</summary>
public sealed class PackageException(string message, Exception? inner = null) : Exception(message, inner);
