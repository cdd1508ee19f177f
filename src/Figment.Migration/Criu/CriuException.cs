using Figment.Linux.Errors;

namespace Figment.Migration.Criu;

/// <summary>CRIU could not do what it was asked. The message says what, and what CRIU's log calls the error.</summary>
public sealed class CriuException : Exception
{
    public CriuException(string message, Errno? error = null, IReadOnlyList<string>? log = null, Exception? inner = null)
        : base(message, inner) => (Error, Log) = (error, log ?? []);

    /// <summary>As CRIU reported it, if it did.</summary>
    public Errno? Error { get; }

    /// <summary>The errors and warnings of its log, in order.</summary>
    public IReadOnlyList<string> Log { get; }
}
