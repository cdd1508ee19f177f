using System.CommandLine;
using Figment.Cli.Hosting;

namespace Figment.Cli.Output;

/// <summary>Colours, or none: never when the stream is no terminal, <c>NO_COLOR</c> is set, <c>TERM</c> is dumb or <c>--no-color</c> was said; always with <c>FORCE_COLOR</c>.</summary>
internal sealed class Palette(bool enabled)
{
    public const string Green = "32";
    public const string Yellow = "33";
    public const string Red = "31";
    public const string Dim = "2";

    /// <summary>For the prefixes of logs, in turn.</summary>
    private static readonly string[] Prefixes = ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94"];

    public static Palette None { get; } = new(enabled: false);

    public bool Enabled => enabled;

    public static Palette ForOutput(CliContext context, ParseResult parsed) => new(IsWanted(context, parsed, context.Console.OutputIsTerminal));

    public static Palette ForError(CliContext context, ParseResult parsed) => new(IsWanted(context, parsed, context.Console.ErrorIsTerminal));

    public static string Prefix(int index) => Prefixes[index % Prefixes.Length];

    public string Paint(string text, string? colour) => enabled && colour is not null ? $"\e[{colour}m{text}\e[0m" : text;

    private static bool IsWanted(CliContext context, ParseResult parsed, bool terminal)
    {
        if (parsed.GetValue(context.Global.NoColor) || context.Variable("NO_COLOR") is not null)
        {
            return false;
        }

        return context.Variable("FORCE_COLOR") is { } force ? force != "0" : terminal && context.Variable("TERM") != "dumb";
    }
}
