using System.CommandLine;

namespace Figment.Cli.Output;

/// <summary><c>--json</c>, <c>--format</c> and, where there are names to show, <c>-q</c>.</summary>
internal sealed class OutputOptions
{
    private readonly Option<bool> _json = new("--json") { Description = "The same as --format json" };
    private readonly Option<string> _format = new("--format") { Description = "How to write the result: table or json", HelpName = "FORMAT", DefaultValueFactory = _ => "table" };
    private readonly Option<bool>? _quiet;

    /// <param name="quiet">What <c>-q</c> shows only; null: there is no such option.</param>
    public OutputOptions(string? quiet = null)
    {
        _format.AcceptOnlyFromAmong("table", "json");
        _quiet = quiet is null ? null : new Option<bool>("--quiet", "-q") { Description = $"Show {quiet} only" };
    }

    public void AddTo(Command command)
    {
        command.Add(_json);
        command.Add(_format);
        if (_quiet is not null)
        {
            command.Add(_quiet);
        }
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json) || parsed.GetValue(_format) == "json";

    public bool IsQuiet(ParseResult parsed) => _quiet is not null && parsed.GetValue(_quiet);
}
