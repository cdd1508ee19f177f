namespace Figment.Cli.Sessions;

/// <summary>How this terminal and a program far away are joined.</summary>
internal sealed record SessionOptions
{
    /// <summary>The program has a terminal of its own: keys go raw, sizes are sent.</summary>
    public bool Tty { get; init; }

    /// <summary>Send what is typed or piped in.</summary>
    public bool Stdin { get; init; }

    /// <summary>Ctrl-P Ctrl-Q leaves.</summary>
    public bool CanDetach { get; init; }

    /// <summary>Ctrl-C and SIGTERM go to the program; the second one ends this command.</summary>
    public bool ForwardSignals { get; init; }
}
