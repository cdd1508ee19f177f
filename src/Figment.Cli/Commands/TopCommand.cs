using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class TopCommand : FigmentCommand
{
    /// <summary>Shorter ones measure the measuring.</summary>
    private const double IntervalMin = 0.1;
    private const double IntervalDefault = 1;

    private readonly Interruption _interruption;
    private readonly Option<bool> _allApplications = new("--all-apps") { Description = "Machines of all applications" };
    private readonly Option<bool> _once = new("--once", "--no-stream") { Description = "One table, also on a terminal" };
    private readonly Option<double?> _interval = NumberOption.Seconds("--interval", [], "Time between two samples; by default 1", IntervalMin);
    private readonly Option<string?> _sort = new("--sort") { Description = "Order of rows: cpu (the default), memory, name or state", HelpName = "WHAT" };
    private readonly OutputOptions _output = new();
    private readonly ProjectOptions _project;

    public TopCommand(CliContext context, Interruption interruption)
        : base(
            context,
            CommandGroup.Insight,
            "top",
            "Show what machines are and use: state, processor, memory, network, wakes. On a terminal it goes on until q; c, m, n and s sort anew.",
            new("figment top", "live"),
            new("figment top --sort state", "what is at work first"),
            new("figment top --once --all-apps", "one table of everything"),
            new("figment top --json", "one sample for programs"))
    {
        _interruption = interruption;
        _sort.AcceptOnlyFromAmong("cpu", "memory", "name", "state");
        Add(_allApplications);
        Add(_once);
        Add(_interval);
        Add(_sort);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            string? application = parsed.GetValue(_allApplications) ? null : await Targets(parsed, client, _project).TryApplicationAsync(cancellationToken).ConfigureAwait(false);
            var interval = TimeSpan.FromSeconds(parsed.GetValue(_interval) ?? IntervalDefault);
            var sort = parsed.GetValue(_sort) switch { "memory" => TopSort.Memory, "name" => TopSort.Name, "state" => TopSort.State, _ => TopSort.Cpu };
            bool live = Context.Console.OutputIsTerminal && !parsed.GetValue(_once) && !_output.IsJson(parsed) && Context.Variable("TERM") != "dumb";
            if (live)
            {
                return await new TopScreen(Context, _interruption).ShowAsync(token => client.GetTopAsync(application, token), interval, sort, cancellationToken).ConfigureAwait(false);
            }

            var before = await client.GetTopAsync(application, cancellationToken).ConfigureAwait(false);
            await Task.Delay(interval, Context.Time, cancellationToken).ConfigureAwait(false);
            var report = TopReport.Between(before, await client.GetTopAsync(application, cancellationToken).ConfigureAwait(false), sort);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, report, CliJson.Default.TopReport);
            }
            else
            {
                TopTable.Write(Context.Out, report, Palette.ForOutput(Context, parsed));
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
