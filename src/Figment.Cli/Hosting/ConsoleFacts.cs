using Figment.Linux.Consoles;

namespace Figment.Cli.Hosting;

/// <summary>Which of the standard streams are terminals.</summary>
internal sealed record ConsoleFacts
{
    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public static ConsoleFacts OfThisProcess() => new()
    {
        InputIsTerminal = ConsoleTerminal.IsTerminal(0),
        OutputIsTerminal = ConsoleTerminal.IsTerminal(1),
        ErrorIsTerminal = ConsoleTerminal.IsTerminal(2),
    };
}
