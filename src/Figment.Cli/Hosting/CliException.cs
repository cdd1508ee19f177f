namespace Figment.Cli.Hosting;

/// <summary>Something that the user can do something about: what failed, on which object, why; and what to do next.</summary>
internal sealed class CliException : Exception
{
    public CliException(string message, string? hint = null, int exitCode = ExitCodes.Failed)
        : base(message)
    {
        Hint = hint;
        ExitCode = exitCode;
    }

    public string? Hint { get; }

    public int ExitCode { get; }
}
