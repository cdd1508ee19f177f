using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Figment.Cli.Commands;

namespace Figment.Cli.Help;

/// <summary>Help: what it is, examples, usage, then the options.</summary>
internal sealed class HelpText(TextWriter output, bool clearsParseErrors = true) : SynchronousCommandLineAction
{
    private const int WidthMax = 100;

    private static readonly Example[] RootExamples =
    [
        new("figment up examples/guestbook", "bring up an application; nothing runs yet"),
        new("figment ps", "its machines"),
        new("figment why redis", "what made one of them real"),
        new("figment down", "take it down again"),
    ];

    public override bool ClearsParseErrors => clearsParseErrors;

    public override int Invoke(ParseResult parseResult)
    {
        output.Write(Of(parseResult.CommandResult.Command));
        return ExitCodes.Ok;
    }

    public static string Of(Command command)
    {
        var text = new StringWriter { NewLine = "\n" };
        foreach (string line in (command.Description ?? "").Split('\n'))
        {
            Wrap(text, line, indent: 0);
        }

        text.WriteLine("\nExamples:");
        foreach (var example in command is FigmentCommand described ? described.Examples : RootExamples)
        {
            text.WriteLine($"  # {example.Says}\n  {example.Line}");
        }

        text.WriteLine("\nUsage:");
        text.WriteLine($"  {Usage(command)}");
        if (command.Arguments.Any(argument => argument.Description is not null))
        {
            text.WriteLine("\nArguments:");
            Columns(text, [.. command.Arguments.Where(argument => argument.Description is not null).Select(argument => (Label(argument), argument.Description!))]);
        }

        Commands(text, command);
        Options(text, command);
        if (command is RootCommand)
        {
            text.WriteLine("\nMore about a command: figment COMMAND --help");
        }

        return text.ToString();
    }

    private static void Commands(TextWriter text, Command command)
    {
        if (command is not RootCommand)
        {
            if (command.Subcommands.Any(child => !child.Hidden))
            {
                text.WriteLine("\nCommands:");
                Columns(text, [.. command.Subcommands.Where(child => !child.Hidden).Select(child => (child.Name, Summary(child)))]);
            }

            return;
        }

        foreach (var group in command.Subcommands.OfType<FigmentCommand>().Where(child => !child.Hidden).GroupBy(child => child.Group).OrderBy(group => group.Key))
        {
            text.WriteLine($"\n{group.Key}:");
            Columns(text, [.. group.Select(child => (child.Name, Summary(child)))]);
        }
    }

    /// <summary>The first sentence.</summary>
    private static string Summary(Command command) => (command.Description ?? "").Split('\n')[0].Split(". ")[0].TrimEnd('.');

    private static string Usage(Command command)
    {
        var words = new List<string>();
        for (Command? part = command; part is not null; part = part.Parents.OfType<Command>().FirstOrDefault())
        {
            words.Insert(0, part is RootCommand ? "figment" : part.Name);
        }

        if (command.Subcommands.Any(child => !child.Hidden) && command.Action is null or HelpText)
        {
            words.Add("COMMAND");
        }

        words.Add("[options]");
        words.AddRange(command.Arguments.Where(argument => !argument.Hidden).Select(Label));
        return string.Join(' ', words);
    }

    private static string Label(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name.ToUpperInvariant();
        return argument.Arity switch
        {
            { MinimumNumberOfValues: 0, MaximumNumberOfValues: 1 } => $"[{name}]",
            { MinimumNumberOfValues: 0 } => $"[{name}...]",
            { MaximumNumberOfValues: 1 } => name,
            _ => $"{name}...",
        };
    }

    /// <summary>Its own in their order, those that say which application, and those that hold everywhere.</summary>
    private static void Options(TextWriter text, Command command)
    {
        IReadOnlyList<Option> project = command is FigmentCommand verb ? verb.ProjectOptions : [];
        Option[] global = [.. Ancestors(command).OfType<RootCommand>().SelectMany(root => root.Options).Where(option => option.Recursive && !option.Hidden).OrderBy(option => option is HelpOption)];
        (string Head, Option[] Options)[] sections =
        [
            ("Options", [.. command.Options.Where(option => !option.Hidden && !project.Contains(option)).OrderBy(option => option is HelpOption)]),
            ("Which application", [.. project]),
            ("Everywhere", command is RootCommand ? [] : global),
        ];
        foreach (var (head, options) in sections.Where(section => section.Options.Length > 0))
        {
            text.WriteLine($"\n{head}:");
            Columns(text, [.. options.Select(option => (Label(option), option.Description ?? ""))]);
        }
    }

    private static IEnumerable<Command> Ancestors(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => Ancestors(parent).Prepend(parent));

    private static string Label(Option option)
    {
        string[] names = [option.Name, .. option.Aliases];
        string[] ordered = [.. names.OrderBy(name => name.StartsWith("--", StringComparison.Ordinal))];
        string joined = (ordered[0].StartsWith("--", StringComparison.Ordinal) ? "    " : "") + string.Join(", ", ordered);
        return option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? joined : $"{joined} {option.HelpName ?? "VALUE"}";
    }

    private static void Columns(TextWriter text, IReadOnlyList<(string Left, string Right)> rows)
    {
        int width = rows.Max(row => row.Left.Length) + 4;
        foreach (var (left, right) in rows)
        {
            text.Write("  " + left.PadRight(width - 2));
            Wrap(text, right, width);
        }
    }

    /// <summary>Writes from where the line stands; goes on in the next one, indented, before it gets too long.</summary>
    private static void Wrap(TextWriter text, string words, int indent)
    {
        int column = 0;
        foreach (string word in words.Split(' '))
        {
            if (column > 0 && indent + column + word.Length > WidthMax)
            {
                text.Write("\n" + new string(' ', indent));
                column = 0;
            }

            text.Write(column > 0 ? " " + word : word);
            column += word.Length + 1;
        }

        text.WriteLine();
    }
}
