using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Hosting;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Figment.Cli.Output;

/// <summary>Shows a stream of progress on stderr: redrawn in place on a terminal, else one line for each new status.</summary>
internal sealed class ProgressView(CliContext context, ParseResult parsed)
{
    private readonly List<ProgressLine> _subjects = [];
    private readonly List<string> _warnings = [];

    /// <summary>Reads to the end.</summary>
    /// <returns>The last line.</returns>
    public async Task<ProgressLine> ShowAsync(IAsyncEnumerable<ProgressLine> lines, CancellationToken cancellationToken)
    {
        bool live = context.Console.ErrorIsTerminal && context.Variable("TERM") != "dumb";
        return live ? await LiveAsync(lines, cancellationToken).ConfigureAwait(false) : await PlainAsync(lines, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ProgressLine> PlainAsync(IAsyncEnumerable<ProgressLine> lines, CancellationToken cancellationToken)
    {
        ProgressLine? last = null;
        await foreach (var line in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            last = line;
            if (line.Warning is { } warning)
            {
                await context.Error.WriteLineAsync($"warning: {warning}").ConfigureAwait(false);
            }

            if (Take(line))
            {
                await context.Error.WriteLineAsync($"{line.Subject}  {line.Status}").ConfigureAwait(false);
            }
        }

        return last!;
    }

    private async Task<ProgressLine> LiveAsync(IAsyncEnumerable<ProgressLine> lines, CancellationToken cancellationToken)
    {
        bool colour = Palette.ForError(context, parsed).Enabled;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(context.Error),
            Ansi = AnsiSupport.Yes,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
        });
        ProgressLine? last = null;
        await console.Live(Render()).AutoClear(false).StartAsync(async display =>
        {
            await foreach (var line in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                last = line;
                if (line.Warning is { } warning)
                {
                    _warnings.Add(warning);
                }

                Take(line);
                display.UpdateTarget(Render());
                display.Refresh();
            }
        }).ConfigureAwait(false);
        return last!;
    }

    /// <summary>True if it says something new.</summary>
    private bool Take(ProgressLine line)
    {
        if (line.Subject is null || line.Status is null)
        {
            return false;
        }

        int index = _subjects.FindIndex(known => known.Subject == line.Subject);
        if (index < 0)
        {
            _subjects.Add(line);
            return true;
        }

        bool news = _subjects[index].Status != line.Status;
        _subjects[index] = line;
        return news;
    }

    private Rows Render()
    {
        int width = _subjects.Select(line => line.Subject!.Length).DefaultIfEmpty(0).Max();
        return new Rows(
        [
            .. _warnings.Select(IRenderable (warning) => new Text($"warning: {warning}", new Style(Color.Yellow))),
            .. _subjects.Select(IRenderable (line) => new Text($"{line.Subject!.PadRight(width)}  {line.Status}{Amount(line)}")),
        ]);
    }

    private static string Amount(ProgressLine line) => (line.Current, line.Total) switch
    {
        ({ } current, > 0) => $"  {Units.Bytes(current)} of {Units.Bytes(line.Total!.Value)} ({100 * current / line.Total.Value} %)",
        ({ } current, _) => $"  {Units.Bytes(current)}",
        _ => "",
    };
}
