namespace Figment.Linux.Trees;

/// <summary>An extended attribute (xattr(7)): its name with the namespace, and its value.</summary>
public readonly record struct TreeAttribute(byte[] Name, byte[] Value);
