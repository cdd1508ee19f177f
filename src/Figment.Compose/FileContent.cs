namespace Figment.Compose;

/// <summary>What <see cref="IComposeFiles.Read"/> found.</summary>
/// <param name="Bytes">The file, or null if it could not be read.</param>
/// <param name="Failure">Why not; null with <paramref name="Bytes"/>.</param>
public readonly record struct FileContent(byte[]? Bytes, string? Failure);
