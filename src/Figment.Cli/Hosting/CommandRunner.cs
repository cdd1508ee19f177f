using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Figment.Api.Client;
using Figment.Cli.Commands;
using Figment.Cli.Help;
using Figment.Linux.Errors;

namespace Figment.Cli.Hosting;

/// <summary>From arguments to an exit code: parses, runs, and turns every error into one line with a hint.</summary>
internal sealed class CommandRunner(CliContext context, Interruption interruption)
{
    private const int SIGPIPE = 13;

    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var root = CommandTree.Build(context, interruption);

        // No response files: an argument that starts with '@' is an argument.
        var parsed = root.Parse(Rewrite(arguments), new ParserConfiguration { ResponseFileTokenReplacer = null });
        int failure = parsed.CommandResult.Command is FigmentCommand command ? command.FailureCode : ExitCodes.Failed;
        bool debug = parsed.GetValue(context.Global.Debug);
        try
        {
            if (parsed.Action is ParseErrorAction)
            {
                return UsageError(parsed, failure, parsed.Errors[0].Message);
            }

            if (UnknownOption(parsed) is { } unknown)
            {
                return UsageError(parsed, failure, $"there is no option {unknown}; put -- before it if it is an argument");
            }

            var configuration = new InvocationConfiguration
            {
                Output = context.Out,
                Error = context.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, interruption.Token).ConfigureAwait(false);
        }
        catch (LinuxException exception) when (exception.Error == Errno.EPIPE)
        {
            return ExitCodes.Signal + SIGPIPE;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return interruption.ExitCode;
        }
        catch (Exception exception) when (Describe(exception, failure) is { } told)
        {
            return Tell(exception, told, debug);
        }
    }

    /// <summary><c>figment help x y</c> is <c>figment x y --help</c>.</summary>
    private static IReadOnlyList<string> Rewrite(IReadOnlyList<string> arguments) => arguments is ["help", ..] ? [.. arguments.Skip(1), "--help"] : arguments;

    /// <summary>The parser takes an option that it does not know for an argument. So do we, but only after <c>--</c> and in the command line of a program.</summary>
    private static string? UnknownOption(ParseResult parsed)
    {
        var tokens = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).ToHashSet(ReferenceEqualityComparer.Instance);
        return parsed.Action is HelpText ? null : parsed.CommandResult.Command.Arguments
            .SelectMany(argument => parsed.GetResult(argument) is { } result ? argument.CaptureRemainingTokens ? result.Tokens.Take(1) : result.Tokens : [])
            .FirstOrDefault(token => token.Value.Length > 1 && token.Value[0] == '-' && tokens.Contains(token))?.Value;
    }

    private int UsageError(ParseResult parsed, int failure, string message)
    {
        string path = CommandPath(parsed.CommandResult.Command);
        string text = message.TrimEnd('.').Replace('\n', ' ');
        text = char.ToLowerInvariant(text[0]) + text[1..];
        context.Error.WriteLine($"figment: {text}");
        context.Error.WriteLine($"hint: {path} --help");
        return failure == ExitCodes.RunFailed ? ExitCodes.RunFailed : ExitCodes.Usage;
    }

    private static string CommandPath(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{CommandPath(parent)} {command.Name}" : "figment";

    private int Tell(Exception exception, (string Message, string? Hint, int Code) told, bool debug)
    {
        try
        {
            context.Error.WriteLine($"figment: {told.Message}");
            if (told.Hint is { } hint)
            {
                context.Error.WriteLine($"hint: {hint}");
            }

            if (debug)
            {
                context.Error.WriteLine(exception);
            }
        }
        catch (LinuxException broken) when (broken.Error == Errno.EPIPE)
        {
            // Nobody reads stderr either: the exit code is all that is left to say.
        }

        return told.Code;
    }

    /// <summary>Null: a fault of ours, which crashes with its stack trace.</summary>
    private static (string Message, string? Hint, int Code)? Describe(Exception exception, int failure) => exception switch
    {
        CliException cli => (cli.Message, cli.Hint, failure == ExitCodes.RunFailed ? failure : cli.ExitCode),
        FigmentApiException api => (api.Message, api.Error.Hint, failure == ExitCodes.RunFailed ? api.Error.ExitCode ?? failure : ExitCodes.Of(api.Error.Code)),
        FigmentUnreachableException unreachable => ($"cannot reach the daemon: {unreachable.Message}", "figment daemon status", failure),
        InvalidDataException data => ($"cannot understand the daemon: {data.Message}", "figment version", failure),
        IOException or UnauthorizedAccessException => (exception.Message, null, failure),
        _ => null,
    };
}
