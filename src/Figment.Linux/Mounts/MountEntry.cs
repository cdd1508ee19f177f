namespace Figment.Linux.Mounts;

/// <param name="Root">What of the file system is mounted.</param>
/// <param name="Path">Where, as seen from the root of whoever was asked.</param>
/// <param name="FileSystem">Its type.</param>
/// <param name="IsReadOnly">This mount is; its file system may be written to through another.</param>
public sealed record MountEntry(string Root, string Path, string FileSystem, bool IsReadOnly);
