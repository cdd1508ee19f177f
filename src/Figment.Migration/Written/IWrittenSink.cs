namespace Figment.Migration.Written;

/// <summary>
/// Where trees of files go, what a machine wrote to its root and what its memory file systems held: contents of files by numbers, and what the tree of all of them is like (<see cref="TreeChange"/>).
/// What comes later counts. One caller.
/// </summary>
public interface IWrittenSink
{
    /// <summary>A content that is there from now on, or has another length. What it had before stays, up to there; the rest is zeros.</summary>
    /// <param name="content">From 1 on.</param>
    /// <param name="length">In bytes.</param>
    void SetLength(int content, long length);

    /// <summary>Within its length.</summary>
    void Write(int content, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Zeros, which take no room where they are whole pages of 4,096 bytes.</summary>
    /// <param name="content">Which.</param>
    /// <param name="offset">A multiple of 4,096.</param>
    /// <param name="pages">Of 4,096 bytes; the last may reach beyond the end.</param>
    void Clear(int content, long offset, uint pages);

    /// <summary>Entries that are new or others, and what is gone.</summary>
    /// <param name="json">A <see cref="TreeChange"/>.</param>
    void Change(ReadOnlyMemory<byte> json);
}
