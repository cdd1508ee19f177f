using System.CommandLine;
using Figment.Cli.Hosting;

namespace Figment.Cli.Sessions;

/// <summary>What <c>run</c> and <c>exec</c> let the user say about a program.</summary>
internal sealed class ProgramOptions
{
    private readonly Option<bool> _interactive = new("--interactive", "-i") { Description = "Pass stdin on (the default; --interactive=false keeps it)", DefaultValueFactory = _ => true };
    private readonly Option<bool> _tty = new("--tty", "-t") { Description = "Give the program a terminal (the default when figment is on one)" };
    private readonly Option<bool> _noTty = new("--no-tty", "-T") { Description = "Give the program no terminal" };
    private readonly Option<string?> _user = new("--user", "-u") { Description = "User, and group after a colon", HelpName = "USER" };
    private readonly Option<string?> _workingDirectory = new("--workdir", "-w") { Description = "Folder in the machine", HelpName = "FOLDER" };
    private readonly Option<string[]> _environment = new("--env", "-e") { Description = "NAME=value, or NAME to pass on (may be given again)", HelpName = "NAME=VALUE" };

    public void AddTo(Command command)
    {
        command.Add(_interactive);
        command.Add(_tty);
        command.Add(_noTty);
        command.Add(_user);
        command.Add(_workingDirectory);
        command.Add(_environment);
    }

    public string? User(ParseResult parsed) => parsed.GetValue(_user);

    public string? WorkingDirectory(ParseResult parsed) => parsed.GetValue(_workingDirectory);

    public bool Stdin(ParseResult parsed) => parsed.GetValue(_interactive);

    public bool Tty(ParseResult parsed, CliContext context) =>
        parsed.GetValue(_tty) || (!parsed.GetValue(_noTty) && context.Console is { InputIsTerminal: true, OutputIsTerminal: true });

    /// <summary>With a terminal its kind (<c>TERM</c>) is passed on unless the user says another.</summary>
    public IReadOnlyList<string> Environment(ParseResult parsed, CliContext context)
    {
        var variables = new List<string>();
        foreach (string word in parsed.GetValue(_environment) ?? [])
        {
            if (word.Contains('=', StringComparison.Ordinal))
            {
                variables.Add(word);
            }
            else if (context.Environment.TryGetValue(word, out string? value))
            {
                variables.Add($"{word}={value}");
            }
        }

        if (Tty(parsed, context) && context.Variable("TERM") is { } terminal && !variables.Exists(variable => variable.StartsWith("TERM=", StringComparison.Ordinal)))
        {
            variables.Add($"TERM={terminal}");
        }

        return variables;
    }
}
