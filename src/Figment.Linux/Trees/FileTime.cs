namespace Figment.Linux.Trees;

/// <summary>A time of a file: seconds since 1970, and nanoseconds from 0 to 999,999,999.</summary>
public readonly record struct FileTime(long Seconds, int Nanoseconds);
