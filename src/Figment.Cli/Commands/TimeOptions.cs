using System.CommandLine;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

/// <summary>Options that take a time, checked when parsed.</summary>
internal static class TimeOptions
{
    public static Option<string?> Make(string name, string description, CliContext context)
    {
        var option = new Option<string?>(name) { Description = $"{description}: 10m (ago), 2026-03-01T14:00:00Z, or seconds since 1970", HelpName = "TIME" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }, ..] && !TimeArgument.TryParse(text, context.Time.GetUtcNow(), out _))
            {
                result.AddError($"{name} '{text}' is no time: give 10m, 1h30m, 2026-03-01T14:00:00Z or seconds since 1970");
            }
        });
        return option;
    }

    public static DateTimeOffset? Read(ParseResult parsed, Option<string?> option, CliContext context) =>
        parsed.GetValue(option) is { } text && TimeArgument.TryParse(text, context.Time.GetUtcNow(), out var at) ? at : null;
}
