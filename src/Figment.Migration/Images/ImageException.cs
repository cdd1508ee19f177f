namespace Figment.Migration.Images;

/// <summary>An image of CRIU's is damaged, or of a kind that is not known. The message says which file, where, and what is wrong.</summary>
public sealed class ImageException(string file, long offset, string what, Exception? inner = null) : Exception($"{file}, byte {offset}: {what}", inner)
{
    public string File { get; } = file;

    /// <summary>In bytes from the file's beginning.</summary>
    public long Offset { get; } = offset;
}
