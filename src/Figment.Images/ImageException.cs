namespace Figment.Images;

/// <summary>An image could not be had. The message says what failed, on which image or layer, why, and what to do next.</summary>
public sealed class ImageException : Exception
{
    public ImageException(ImageErrorKind kind, string subject, string why, string next, Exception? inner = null)
        : base($"{subject}: {why}. {next}.", inner)
    {
        Kind = kind;
        Subject = subject;
        Why = why;
        Next = next;
    }

    public ImageErrorKind Kind { get; }

    /// <summary>The image, layer or file.</summary>
    public string Subject { get; }

    public string Why { get; }

    /// <summary>What to do about it.</summary>
    public string Next { get; }
}
