using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Plans;
using Figment.Cli.Projects;
using Figment.Machines.Billing;
using Figment.Simulation;
using Figment.Simulation.Comparison;
using Figment.Simulation.Traces;

namespace Figment.Cli.Commands;

internal sealed class SimulateCommand : FigmentCommand
{
    /// <summary>A service of which nothing else is said serves so many requests at once, as gunicorn with a few threads does.</summary>
    private const int ConcurrencyDefault = 8;

    private const string Hint = "figment plan simulate --help";

    private readonly Option<string> _trace = new("--trace") { Description = "The requests: at_s,service[,duration_ms][,client] or the same as JSON lines, a trace of Azure Functions (2021), an access log; - is stdin", HelpName = "FILE", Required = true };
    private readonly Option<string?> _format = new("--trace-format") { Description = "csv, jsonl, azure or log, where the first line does not say", HelpName = "FORMAT" };
    private readonly Option<string?> _service = new("--service") { Description = "Whom all requests ask, whatever the trace says", HelpName = "NAME" };
    private readonly Option<string?> _policy = new("--policy") { Description = "Over that of the Compose file: freeze-after=1s,min=0,max=48,connections=2,processor=70%,scale-in-after=5s,release-after=10s,...", HelpName = "KEY=VALUE,..." };
    private readonly Option<string?> _program = new("--program") { Description = "What the program is taken for: concurrency=8,bound=wait|processor,listen=33ms,duration=50ms,... (docs/simulation.md)", HelpName = "KEY=VALUE,..." };
    private readonly Option<string> _prices = new("--prices") { Description = "By which price list figment's machines are billed: a file of your own or the name of one (machines)", HelpName = "FILE|NAME", DefaultValueFactory = _ => "machines" };
    private readonly Option<int?> _functions = NumberOption.Whole("--functions-per-request", [], "What functions beside always-on machines are taken for (1)", 1, 64);
    private readonly Option<string?> _timeline = new("--timeline") { Description = "Write the state of each machine over time there, one JSON object an interval", HelpName = "FILE" };
    private readonly OutputOptions _output = new();
    private readonly ProjectOptions _project;

    public SimulateCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "simulate",
            "Tell what a policy would cost and how long requests would take, beside always-on machines. Simulated: figment's own decisions on models of machines; no daemon is asked.",
            new("figment plan simulate --trace bursty.csv -f compose.yaml", "the policies of a Compose file"),
            new("figment plan simulate --trace bursty.csv --policy max=48,connections=2 --program concurrency=4", "a policy and a program in words"),
            new("figment plan simulate --trace access.log --service web -f compose.yaml --timeline states.jsonl --json", "an access log, for programs"))
    {
        _format.AcceptOnlyFromAmong("csv", "jsonl", "azure", "log");
        Option[] options = [_trace, _format, _service, _policy, _program, _prices, _functions, _timeline];
        foreach (var option in options)
        {
            Add(option);
        }

        _output.AddTo(this);
        _project = AddProject();
        Does((parsed, cancellationToken) => Task.FromResult(Execute(parsed, cancellationToken)));
    }

    private int Execute(ParseResult parsed, CancellationToken cancellationToken)
    {
        string file = parsed.GetValue(_trace)!;
        var prices = new ComparisonPrices(Named("vm"), Named("lambda"), Prices(parsed.GetValue(_prices)!));
        var requests = Trace(parsed, file);
        var services = Services(parsed, [.. requests.Select(request => request.Service).ToHashSet(StringComparer.Ordinal)]);
        var functions = new FunctionModel { PerRequest = parsed.GetValue(_functions) ?? 1 };
        ComparisonResult result;
        try
        {
            result = new Comparer(services, requests, prices, functions).Run(new SimulationOptions(), cancellationToken);
        }
        catch (PolicyException exception)
        {
            throw new CliException(exception.Message, Hint);
        }

        if (parsed.GetValue(_timeline) is { } timeline)
        {
            WriteTimeline(timeline, result);
        }

        var view = SimulationView.Of(result, prices, file);
        if (_output.IsJson(parsed))
        {
            CliJson.Write(Context.Out, view, CliJson.Default.SimulationView);
        }
        else
        {
            SimulationTables.Write(Context.Out, view, Palette.ForOutput(Context, parsed));
        }

        return ExitCodes.Ok;
    }

    private IReadOnlyList<TraceRequest> Trace(ParseResult parsed, string file)
    {
        TraceFormat? format = parsed.GetValue(_format) switch
        {
            "csv" => TraceFormat.Csv,
            "jsonl" => TraceFormat.JsonLines,
            "azure" => TraceFormat.Azure,
            "log" => TraceFormat.AccessLog,
            _ => null,
        };
        try
        {
            using TextReader text = file == "-" ? new StreamReader(Context.RawInput) : new StreamReader(Path.GetFullPath(file, Context.WorkingDirectory));
            return TraceReader.Read(file, text, format, parsed.GetValue(_service));
        }
        catch (TraceException exception)
        {
            throw new CliException(exception.Message, Hint);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"cannot read the trace {file}: there is no such file", "figment plan trace generate > FILE", ExitCodes.NotFound);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"cannot read the trace {file}: {exception.Message}", Hint);
        }
    }

    private IReadOnlyList<ServicePlan> Services(ParseResult parsed, IReadOnlyList<string> asked)
    {
        var selection = Selection(parsed, _project);
        bool hasFile = selection.Files.Count > 0 || selection.Directory is not null || Context.Variable("COMPOSE_FILE") is not null;
        var served = asked.ToHashSet(StringComparer.Ordinal);
        var services = hasFile
            ? ServicePlan.Of(new ComposeFiles(Context).Load(selection, []), served, new ProgramModel())
            : [.. asked.Order(StringComparer.Ordinal).Select(name => new ServicePlan { Name = name })];
        return [.. services.Select(service => served.Contains(service.Name) ? Told(parsed, service) : service)];
    }

    private ServicePlan Told(ParseResult parsed, ServicePlan service)
    {
        if (parsed.GetValue(_policy) is { } policy)
        {
            service = PolicyText.Policy(service, policy);
        }

        var program = service.Program with { Concurrency = Math.Max(ConcurrencyDefault, service.Elastic?.ConnectionsTarget ?? 0) };
        return service with { Program = parsed.GetValue(_program) is { } text ? PolicyText.Program(program, text) : program };
    }

    private PriceList Prices(string wanted)
    {
        string path = Path.GetFullPath(wanted, Context.WorkingDirectory);
        if (!File.Exists(path))
        {
            return Named(wanted);
        }

        try
        {
            return PriceFile.Parse(wanted, File.ReadAllBytes(path));
        }
        catch (PriceFileException exception)
        {
            throw new CliException(exception.Message, Hint);
        }
    }

    private static PriceList Named(string name) => BuiltInPrices.All.FirstOrDefault(list => list.Name == name)
        ?? throw new CliException($"cannot find the price list {name}: known are {string.Join(", ", BuiltInPrices.All.Select(list => list.Name))}, or give a file", Hint, ExitCodes.NotFound);

    private void WriteTimeline(string file, ComparisonResult result)
    {
        try
        {
            using var output = new StreamWriter(Path.GetFullPath(file, Context.WorkingDirectory)) { NewLine = "\n" };
            foreach (var interval in result.Figment.Machines.SelectMany(machine => machine.Intervals))
            {
                CliJsonLines.Write(output, TimelineRow.Of(interval));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"cannot write the timeline {file}: {exception.Message}", Hint);
        }
    }
}
