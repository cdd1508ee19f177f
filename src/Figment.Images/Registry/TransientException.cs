namespace Figment.Images.Registry;

/// <summary>Something that may go better the next time.</summary>
internal sealed class TransientException(string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the registry asked for.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
