namespace Figment.Box.Launching;

/// <summary>The program could not be executed.</summary>
internal sealed class LaunchFailedException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Anything but the program's own file (docker's habit).</summary>
    public const int Machine = 125;

    public const int NotExecutable = 126;

    public const int NotFound = 127;

    public int ExitCode { get; } = exitCode;

    /// <summary>See <see cref="Model.Control.BoxMessage.StartFailed.IsLost"/>.</summary>
    public bool IsLost { get; init; }
}
