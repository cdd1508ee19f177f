using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Figment.Cli.Commands;

namespace Figment.Cli.Help;

/// <summary>Help: what it is, examples, usage, then the options.</summary>
internal sealed class HelpText(TextWriter output) : SynchronousCommandLineAction
{
    private const int WidthMax = 100;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        output.Write(Of(parseResult.CommandResult.Command));
        return ExitCodes.Ok;
    }

    public static string Of(Command command)
    {
        var text = new StringWriter { NewLine = "\n" };
        text.WriteLine(command.Description);
        if (command is FigmentCommand { Examples.Count: > 0 } described)
        {
            text.WriteLine("\nExamples:");
            Columns(text, [.. described.Examples.Select(example => (example.Line, example.Says))]);
        }

        text.WriteLine("\nUsage:");
        text.WriteLine($"  {Usage(command)}");
        if (command.Arguments.Any(argument => argument.Description is not null))
        {
            text.WriteLine("\nArguments:");
            Columns(text, [.. command.Arguments.Where(argument => argument.Description is not null).Select(argument => (Label(argument), argument.Description!))]);
        }

        Commands(text, command);
        text.WriteLine("\nOptions:");
        Columns(text, [.. Options(command).Select(option => (Label(option), option.Description ?? ""))]);
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

    private static string Summary(Command command) => (command.Description ?? "").Split('\n')[0].TrimEnd('.');

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

    /// <summary>Its own in their order, then those that hold everywhere.</summary>
    private static IEnumerable<Option> Options(Command command)
    {
        IEnumerable<Option> inherited = command is RootCommand ? [] : command.Parents.OfType<RootCommand>().Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Parents.OfType<RootCommand>()))
            .SelectMany(root => root.Options).Where(option => option.Recursive);
        return command.Options.OrderBy(option => option is HelpOption).Concat(inherited.OrderBy(option => option is HelpOption)).Where(option => !option.Hidden).Distinct();
    }

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
            int column = 0;
            text.Write("  " + left.PadRight(width - 2));
            foreach (string word in right.Split(' '))
            {
                if (column > 0 && width + column + word.Length > WidthMax)
                {
                    text.Write("\n" + new string(' ', width));
                    column = 0;
                }

                text.Write(column > 0 ? " " + word : word);
                column += word.Length + 1;
            }

            text.WriteLine();
        }
    }
}
