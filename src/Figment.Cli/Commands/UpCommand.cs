using System.CommandLine;
using System.Globalization;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Model.Specs;

namespace Figment.Cli.Commands;

internal sealed class UpCommand : FigmentCommand
{
    private readonly Argument<string[]> _words = new("words")
    {
        HelpName = "PATH|SERVICE",
        Description = "A Compose file or a folder with one (first), then services: these and what they depend on; by default all",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _detach = new("--detach", "-d") { Description = "Accepted for docker compose's sake: figment up never stays" };
    private readonly Option<bool> _wait = new("--wait") { Description = "Wait until the machines that start at up run and are healthy" };
    private readonly Option<double?> _waitTimeout = NumberOption.Seconds("--wait-timeout", [], "How long --wait waits; afterwards the exit code is 4");
    private readonly Option<bool> _forceRecreate = new("--force-recreate") { Description = "Restart machines that run even if nothing changed" };
    private readonly Option<bool> _removeOrphans = new("--remove-orphans") { Description = "Remove machines of services that the files no longer have" };
    private readonly Option<string[]> _scale = new("--scale") { Description = "Number of machines of a service (may be given again)", HelpName = "SERVICE=N" };
    private readonly Option<bool> _build = new("--build") { Description = "Build images of services with build: anew, not only those that are missing" };
    private readonly Option<string?> _pull = new("--pull") { Description = "When to pull images: always, missing or never; by default as each service says", HelpName = "WHEN" };
    private readonly Option<bool> _noStart = new("--no-start") { Description = "Only prepare: start no machine" };
    private readonly OutputOptions _output = new(quiet: "addresses");
    private readonly ProjectOptions _project;

    public UpCommand(CliContext context)
        : base(
            context,
            CommandGroup.Applications,
            "up",
            "Bring up an application: its machines get names, addresses and ports at once and start when needed.",
            new("figment up", "the compose.yaml of this folder"),
            new("figment up examples/guestbook", "that of another folder"),
            new("figment up --wait --scale web=3", "three machines of web; wait for what starts at once"),
            new("figment up --build", "with images built from what the files are now"),
            new("figment -f base.yaml -f local.yaml up web", "two files merged, one service and what it depends on"))
    {
        Add(_words);
        Add(_detach);
        Add(_wait);
        Add(_waitTimeout);
        Add(_forceRecreate);
        Add(_removeOrphans);
        Add(_scale);
        Add(_build);
        Add(_pull);
        Add(_noStart);
        _output.AddTo(this);
        _project = AddProject();
        _pull.AcceptOnlyFromAmong("always", "missing", "never");
        _scale.Validators.Add(result =>
        {
            foreach (string text in result.Tokens.Select(token => token.Value).Where(text => ParseScale(text) is null))
            {
                result.AddError($"--scale {text} is not SERVICE=N with N from 0 to {ReplicasMax}");
            }
        });
        Does(ExecuteAsync);
    }

    /// <summary>What a /16 of addresses can hold for one service with room for others.</summary>
    internal const int ReplicasMax = 10_000;

    internal static (string Service, int Count)? ParseScale(string text) =>
        text.Split('=') is [{ Length: > 0 } service, var digits] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= ReplicasMax
            ? (service, count)
            : null;

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var files = new ComposeFiles(Context);
        var selection = Selection(parsed, _project);
        string[] services = parsed.GetValue(_words) ?? [];
        if (services is [var first, .. var rest] && files.IsPath(first, selection))
        {
            (selection, services) = (files.Select(selection, first), rest);
        }

        var application = WithImages(Scale(files.Load(selection, services), parsed), parsed);
        return WithClientAsync(client => UpAsync(client, parsed, application, cancellationToken), cancellationToken);
    }

    private ApplicationSpec Scale(ApplicationSpec application, ParseResult parsed)
    {
        var counts = (parsed.GetValue(_scale) ?? []).Select(text => ParseScale(text)!.Value).ToLookup(scale => scale.Service, scale => scale.Count);
        if (counts.Select(count => count.Key).FirstOrDefault(name => application.Services.All(service => service.Name != name)) is { } unknown)
        {
            throw new CliException($"cannot scale {unknown}: the application has no such service, only {string.Join(", ", application.Services.Select(service => service.Name))}", exitCode: ExitCodes.NotFound);
        }

        return application with { Services = [.. application.Services.Select(service => counts.Contains(service.Name) ? service with { Replicas = counts[service.Name].Last() } : service)] };
    }

    private ApplicationSpec WithImages(ApplicationSpec application, ParseResult parsed)
    {
        bool build = parsed.GetValue(_build);
        PullPolicy? pull = parsed.GetValue(_pull) is { } name ? Enum.Parse<PullPolicy>(name, ignoreCase: true) : null;
        PullPolicy Of(ServiceSpec service) => service.Build is null ? pull ?? service.PullPolicy : build ? PullPolicy.Build : service.PullPolicy;
        return application with { Services = [.. application.Services.Select(service => service with { PullPolicy = Of(service) })] };
    }

    private async Task<int> UpAsync(FigmentClient client, ParseResult parsed, ApplicationSpec application, CancellationToken cancellationToken)
    {
        var request = new UpRequest
        {
            Application = application,
            ForceRecreate = parsed.GetValue(_forceRecreate),
            RemoveOrphans = parsed.GetValue(_removeOrphans),
            Wait = parsed.GetValue(_wait),
            WaitTimeoutMs = parsed.GetValue(_waitTimeout) is { } seconds ? (long)(seconds * 1000) : null,
            NoStart = parsed.GetValue(_noStart),
        };
        var progress = client.UpAsync(request, cancellationToken);
        var last = _output.IsQuiet(parsed) ? await LastAsync(progress, cancellationToken).ConfigureAwait(false) : await new ProgressView(Context, parsed).ShowAsync(progress, cancellationToken).ConfigureAwait(false);
        var view = last.Application ?? await client.GetApplicationAsync(application.Name, cancellationToken).ConfigureAwait(false);
        if (_output.IsJson(parsed))
        {
            CliJson.Write(Context.Out, view, CliJson.Default.ApplicationView);
            return ExitCodes.Ok;
        }

        WriteAddresses(view);
        return ExitCodes.Ok;
    }

    private void WriteAddresses(ApplicationView view)
    {
        (string Service, string Url)[] published =
        [
            .. view.Machines.SelectMany(machine => machine.Published.Select(port => (machine.Service, Url: PortText.Url(port)))).Distinct(),
        ];
        int width = published.Select(line => line.Service.Length).DefaultIfEmpty(0).Max();
        foreach (var (service, url) in published)
        {
            Context.Out.WriteLine($"{service.PadRight(width)}  {url}");
        }
    }

    private static async Task<ProgressLine> LastAsync(IAsyncEnumerable<ProgressLine> lines, CancellationToken cancellationToken)
    {
        ProgressLine? last = null;
        await foreach (var line in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            last = line;
        }

        return last!;
    }
}
