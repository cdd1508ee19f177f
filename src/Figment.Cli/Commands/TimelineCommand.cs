using System.CommandLine;
using System.Globalization;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Cli.Timeline;

namespace Figment.Cli.Commands;

internal sealed class TimelineCommand : FigmentCommand
{
    private const string FileDefault = "timeline.html";

    private static readonly TimeSpan SinceDefault = TimeSpan.FromHours(1);

    private readonly Argument<string[]> _machines = MachineArguments.Many("Only these");
    private readonly Option<string?> _since;
    private readonly Option<string?> _until;
    private readonly Option<string?> _file = new("--output", "-o") { Description = $"Where to: a name that ends in .html or .svg, or - for a page on stdout; by default {FileDefault}", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "The intervals instead of a picture, one JSON object a line" };
    private readonly ProjectOptions _project;

    public TimelineCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "timeline",
            "Draw what machines did over time: their states, what woke them, and who woke whom.",
            new("figment timeline", "the last hour, as a page that any browser opens"),
            new("figment timeline --since 10m --output wakes.svg web redis", "ten minutes of two services, as a picture"),
            new("figment timeline --since 2026-03-01T14:00:00Z --until 2026-03-01T14:05:00Z -o -", "five minutes, the page on stdout"))
    {
        _since = TimeOptions.Make("--since", "From then on (without it an hour back)", context);
        _until = TimeOptions.Make("--until", "Up to then (without it now)", context);
        _file.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var name }, ..] && name != "-" && !IsPage(name) && !IsPicture(name))
            {
                result.AddError($"--output '{name}' tells no format: a name ends in .html or .svg");
            }
        });
        MachineArguments.Complete(_machines, context);
        Add(_machines);
        Add(_since);
        Add(_until);
        Add(_file);
        Add(_json);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var now = Context.Time.GetUtcNow();
        var until = TimeOptions.Read(parsed, _until, Context) is { } wanted && wanted < now ? wanted : now;
        var since = TimeOptions.Read(parsed, _since, Context) ?? until - SinceDefault;
        if (since >= until)
        {
            throw new CliException($"cannot draw a time that ends before it begins: {Units.Timestamp(since)} to {Units.Timestamp(until)}", "figment timeline --since 10m", ExitCodes.Usage);
        }

        return WithClientAsync(
            async client =>
            {
                var (title, machines) = await ReadAsync(parsed, client, since, until, cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(_json))
                {
                    foreach (var interval in machines.SelectMany(machine => machine.Intervals))
                    {
                        CliJsonLines.Write(Context.Out, interval);
                    }

                    return ExitCodes.Ok;
                }

                // Without a beginning of the user's own it is not drawn where nothing was yet.
                var first = machines.SelectMany(machine => machine.Intervals).Select(interval => interval.Begin).DefaultIfEmpty(since).Min();
                Draw(parsed, title, machines, parsed.GetValue(_since) is null && first > since ? first : since, until);
                return ExitCodes.Ok;
            },
            cancellationToken);
    }

    private async Task<(string Title, IReadOnlyList<(string Name, IReadOnlyList<IntervalView> Intervals)> Machines)> ReadAsync(
        ParseResult parsed, FigmentClient client, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var targets = Targets(parsed, client, _project);
        string[] names = parsed.GetValue(_machines) ?? [];
        var wanted = names.Length == 0 ? null : (await targets.FindAsync(names, cancellationToken).ConfigureAwait(false)).Select(machine => (machine.Application, machine.Machine)).ToHashSet();
        IReadOnlyList<string> applications = wanted is null
            ? [await targets.ApplicationAsync(cancellationToken).ConfigureAwait(false)]
            : [.. wanted.Select(one => one.Application).Distinct(StringComparer.Ordinal)];
        var machines = new List<(string, IReadOnlyList<IntervalView>)>();
        foreach (string application in applications)
        {
            var intervals = new List<IntervalView>();
            await foreach (var interval in client.TimelineAsync(application, since, until, cancellationToken).ConfigureAwait(false))
            {
                if (wanted?.Contains((application, interval.Machine)) != false)
                {
                    intervals.Add(interval);
                }
            }

            machines.AddRange(
                from interval in intervals
                group interval by (interval.Service, interval.Machine) into machine
                orderby machine.Key.Service, machine.Key.Machine.Length, machine.Key.Machine
                select (applications.Count > 1 ? $"{application}/{machine.Key.Machine}" : machine.Key.Machine, (IReadOnlyList<IntervalView>)[.. machine]));
        }

        return (string.Join(", ", applications), machines);
    }

    private void Draw(ParseResult parsed, string title, IReadOnlyList<(string Name, IReadOnlyList<IntervalView> Intervals)> machines, DateTimeOffset from, DateTimeOffset to)
    {
        TimelineLane[] lanes = [.. machines.Select(machine => TimelineLane.Of(machine.Name, machine.Intervals, from, to)).OfType<TimelineLane>()];
        if (lanes.Length == 0)
        {
            throw new CliException($"nothing is known of {title} between {Units.Timestamp(from)} and {Units.Timestamp(to)}; single intervals are kept for a day", "figment bill tells what is kept by the hour", ExitCodes.NotFound);
        }

        var chart = new TimelineChart { Title = Title(title, from, to), From = from, To = to, Zone = Context.Time.LocalTimeZone, Lanes = lanes };
        string file = parsed.GetValue(_file) ?? FileDefault;
        if (file == "-")
        {
            TimelinePage.Write(chart, Context.Out);
            return;
        }

        string path = Path.GetFullPath(file, Context.WorkingDirectory);

        // Who looks at it meanwhile sees the one before or this one.
        string part = path + ".part";
        using (var text = new StreamWriter(part))
        {
            if (IsPage(file))
            {
                TimelinePage.Write(chart, text);
            }
            else
            {
                new TimelineSvg(chart, text, finestPixels: 1).Write();
            }
        }

        File.Move(part, path, overwrite: true);
        Context.Out.WriteLine(file);
    }

    private string Title(string what, DateTimeOffset from, DateTimeOffset to)
    {
        var zone = Context.Time.LocalTimeZone;
        var local = TimeZoneInfo.ConvertTime(from, zone);
        string offset = local.Offset == TimeSpan.Zero ? "UTC" : $"UTC{(local.Offset < TimeSpan.Zero ? '-' : '+')}{local.Offset:hh\\:mm}";
        string utc = local.Offset == TimeSpan.Zero ? "" : $"; {from.ToUniversalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}Z to {to.ToUniversalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}Z";
        return $"{what} from {local.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} to {TimeZoneInfo.ConvertTime(to, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} ({offset}{utc})";
    }

    private static bool IsPage(string name) => name.EndsWith(".html", StringComparison.Ordinal) || name.EndsWith(".htm", StringComparison.Ordinal);

    private static bool IsPicture(string name) => name.EndsWith(".svg", StringComparison.Ordinal);
}
