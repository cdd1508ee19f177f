using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class BillCommand : FigmentCommand
{
    private readonly Option<string?> _since;
    private readonly Option<string?> _by = new("--by") { Description = "What a row is: machine (the default), service or state", HelpName = "WHAT" };
    private readonly Option<string?> _prices = new("--prices") { Description = "A price list of your own, or one of the node's by its name; by default all of the node's", HelpName = "FILE|NAME" };
    private readonly OutputOptions _output = new();
    private readonly ProjectOptions _project;

    public BillCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "bill",
            "Tell what machines did and used, what that costs, and what always running would have cost.",
            new("figment bill", "all that is known of this folder's application"),
            new("figment bill -p guestbook --since 7d --by service", "a week, service by service"),
            new("figment bill --prices own.json --json", "by a price list of your own, for programs"))
    {
        _since = TimeOptions.Make("--since", "What was used from then on", context);
        _by.AcceptOnlyFromAmong("machine", "service", "state");
        Add(_since);
        Add(_by);
        Add(_prices);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // A file that cannot be read is said before a daemon is started for it.
        var request = Request(parsed);
        return WithClientAsync(
            async client =>
            {
                string application = await Targets(parsed, client, _project).ApplicationAsync(cancellationToken).ConfigureAwait(false);
                var bill = await client.GetBillAsync(application, request, cancellationToken).ConfigureAwait(false);
                if (_output.IsJson(parsed))
                {
                    CliJson.Write(Context.Out, bill, CliJson.Default.BillView);
                }
                else
                {
                    BillTables.Write(Context.Out, bill, Palette.ForOutput(Context, parsed), Context.Time);
                }

                return ExitCodes.Ok;
            },
            cancellationToken);
    }

    private BillRequest Request(ParseResult parsed)
    {
        var request = new BillRequest
        {
            Since = TimeOptions.Read(parsed, _since, Context),
            By = parsed.GetValue(_by) switch { "service" => BillBy.Service, "state" => BillBy.State, _ => BillBy.Machine },
        };
        if (parsed.GetValue(_prices) is not { } prices)
        {
            return request;
        }

        string path = Path.GetFullPath(prices, Context.WorkingDirectory);
        if (File.Exists(path))
        {
            return request with { PriceText = File.ReadAllText(path), PriceFile = prices };
        }

        return prices.Contains('/', StringComparison.Ordinal) || prices.EndsWith(".json", StringComparison.Ordinal)
            ? throw new CliException($"cannot read the price list {prices}: there is no such file", "figment bill --help", ExitCodes.NotFound)
            : request with { PricesName = prices };
    }
}
