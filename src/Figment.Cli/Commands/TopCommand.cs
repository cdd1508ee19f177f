using System.CommandLine;
using System.Globalization;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Spectre.Console;

namespace Figment.Cli.Commands;

internal sealed class TopCommand : FigmentCommand
{
    /// <summary>Shorter ones measure the measuring.</summary>
    private const double IntervalMin = 0.1;
    private const double IntervalDefault = 1;

    private readonly Option<bool> _allApplications = new("--all-apps") { Description = "Machines of all applications" };
    private readonly Option<bool> _once = new("--once", "--no-stream") { Description = "One table, also on a terminal" };
    private readonly Option<double?> _interval = NumberOption.Seconds("--interval", [], "Time between two samples; by default 1", IntervalMin);
    private readonly OutputOptions _output = new();
    private readonly ProjectOptions _project;

    public TopCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "top",
            "Show what machines use: processor, memory, network. On a terminal it goes on until Ctrl-C.",
            new("figment top", "live"),
            new("figment top --once --all-apps", "one table of everything"),
            new("figment top --json", "one sample for programs"))
    {
        Add(_allApplications);
        Add(_once);
        Add(_interval);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            string? application = parsed.GetValue(_allApplications) ? null : await Targets(parsed, client, _project).TryApplicationAsync(cancellationToken).ConfigureAwait(false);
            var interval = TimeSpan.FromSeconds(parsed.GetValue(_interval) ?? IntervalDefault);
            var before = await client.GetUsageAsync(application, cancellationToken).ConfigureAwait(false);
            bool live = Context.Console.OutputIsTerminal && !parsed.GetValue(_once) && !_output.IsJson(parsed) && Context.Variable("TERM") != "dumb";
            if (live)
            {
                return await LiveAsync(client, application, before, interval, cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(interval, Context.Time, cancellationToken).ConfigureAwait(false);
            var rows = TopRow.Between(before, await client.GetUsageAsync(application, cancellationToken).ConfigureAwait(false));
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, rows, CliJson.Default.IReadOnlyListTopRow);
            }
            else
            {
                Table(rows).Write(Context.Out, Palette.ForOutput(Context, parsed));
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private async Task<int> LiveAsync(FigmentClient client, string? application, IReadOnlyList<UsageView> before, TimeSpan interval, CancellationToken cancellationToken)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Context.Out), Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.Yes });
        try
        {
            await console.Live(new Text("...")).AutoClear(false).StartAsync(async display =>
            {
                while (true)
                {
                    await Task.Delay(interval, Context.Time, cancellationToken).ConfigureAwait(false);
                    var after = await client.GetUsageAsync(application, cancellationToken).ConfigureAwait(false);
                    var text = new StringWriter { NewLine = "\n" };
                    Table(TopRow.Between(before, after)).Write(text, Palette.None);
                    display.UpdateTarget(new Text(text.ToString().TrimEnd('\n')));
                    display.Refresh();
                    before = after;
                }
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how one leaves: no failure.
        }

        return ExitCodes.Ok;
    }

    private static ColumnWriter Table(IReadOnlyList<TopRow> rows)
    {
        bool several = rows.Select(row => row.Application).Distinct().Count() > 1;
        var table = new ColumnWriter("MACHINE", "CPU %", "MEMORY", "LIMIT", "PROCESSES", "RECEIVED/s", "SENT/s");
        foreach (var row in rows)
        {
            table.Add(
                several ? $"{row.Application}/{row.Machine}" : row.Machine,
                row.ProcessorPercent.ToString("0.0", CultureInfo.InvariantCulture),
                Units.Bytes(row.MemoryBytes),
                row.MemoryLimitBytes > 0 ? Units.Bytes(row.MemoryLimitBytes) : null,
                row.Processes.ToString(CultureInfo.InvariantCulture),
                Units.Bytes(row.ReceivedBytesPerSecond),
                Units.Bytes(row.SentBytesPerSecond));
        }

        return table;
    }
}
