using System.CommandLine;
using System.CommandLine.Parsing;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Cli.Sessions;
using Figment.Model.Specs;

namespace Figment.Cli.Commands;

internal sealed class RunCommand : FigmentCommand
{
    /// <summary>A program started so often at once has another problem than its name.</summary>
    private const int NamesMax = 100;

    private readonly Argument<string[]> _words = new("words")
    {
        HelpName = "SERVICE|-- PROGRAM",
        Description = "A service and, if not its own, the command; or after -- a program of this node with its arguments",
        Arity = ArgumentArity.OneOrMore,
        CaptureRemainingTokens = true,
    };

    private readonly Option<bool> _detach = new("--detach", "-d") { Description = "Leave as soon as it runs; its name goes to stdout" };
    private readonly Option<string[]> _publish = new("--publish") { Description = "With --: port of the node for a port of the program, [ADDRESS:][PORT:]PORT[/udp] (may be given again)", HelpName = "PORTS" };
    private readonly Option<string?> _name = new("--name") { Description = "Name of the machine; with -- of the application", HelpName = "NAME" };
    private readonly Option<string?> _entrypoint = new("--entrypoint") { Description = "Instead of the service's", HelpName = "PROGRAM" };
    private readonly Option<bool> _servicePorts = new("--service-ports", "-P") { Description = "Take the service's published ports" };
    private readonly Option<bool> _noDependencies = new("--no-deps") { Description = "Start nothing that the service depends on" };
    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the machine afterwards" };
    private readonly Option<bool> _remove = new("--rm") { Description = "Accepted for docker compose's sake: the machine goes unless --keep is said" };
    private readonly ProgramOptions _program = new();
    private readonly ProjectOptions _project;
    private readonly Interruption _interruption;

    public RunCommand(CliContext context, Interruption interruption)
        : base(
            context,
            CommandGroup.Machines,
            "run",
            "Run a machine once: of a service, or of a program of this node.\nThe exit code is the program's; 125 when figment failed, 126 when it cannot be executed, 127 when it is not there.",
            new("figment run web python manage.py migrate", "a one-off machine of the service web"),
            new("figment run --publish 6379 -- redis-server --save ''", "a program of this node as an application of its own"),
            new("figment run --publish 127.0.0.1:8080:80 -d -- nginx -g 'daemon off;'", "the same, left alone; figment -p nginx down ends it"))
    {
        _interruption = interruption;
        MachineArguments.Complete(_words, context);
        Add(_words);
        Add(_detach);
        Add(_publish);
        Add(_name);
        Add(_entrypoint);
        Add(_servicePorts);
        Add(_noDependencies);
        Add(_keep);
        Add(_remove);
        _program.AddTo(this);
        _project = AddProject();
        _publish.Validators.Add(result =>
        {
            foreach (string text in result.Tokens.Select(token => token.Value).Where(text => BareProgram.ParsePort(text) is null))
            {
                result.AddError($"--publish {text} is not [ADDRESS:][PORT:]PORT[/tcp|/udp]");
            }
        });
        Does(ExecuteAsync);
    }

    public override int FailureCode => ExitCodes.RunFailed;

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] words = parsed.GetRequiredValue(_words);
        if (parsed.GetResult(_publish) is not null && !IsBare(parsed))
        {
            throw new CliException("--publish is for a program after --; a service's own ports are taken with --service-ports", "figment run --help");
        }

        return WithClientAsync(
            client => IsBare(parsed) ? BareAsync(client, parsed, words, cancellationToken) : ServiceAsync(client, parsed, words, cancellationToken), cancellationToken);
    }

    /// <summary>Did <c>--</c> stand before the first word?</summary>
    internal bool IsBare(ParseResult parsed)
    {
        var first = parsed.GetResult(_words)!.Tokens[0];
        int position = parsed.Tokens.ToList().FindIndex(token => ReferenceEquals(token, first));
        return position > 0 && parsed.Tokens[position - 1].Type == TokenType.DoubleDash;
    }

    private async Task<int> ServiceAsync(FigmentClient client, ParseResult parsed, string[] words, CancellationToken cancellationToken)
    {
        string application = await Targets(parsed, client, _project).ApplicationAsync(cancellationToken).ConfigureAwait(false);
        await PrepareAsync(client, parsed, application, cancellationToken).ConfigureAwait(false);
        var request = new RunRequest
        {
            Service = words[0],
            Command = words.Length > 1 ? words[1..] : null,
            Entrypoint = parsed.GetValue(_entrypoint) is { } entrypoint ? [entrypoint] : null,
            Environment = _program.Environment(parsed, Context),
            User = _program.User(parsed),
            WorkingDirectory = _program.WorkingDirectory(parsed),
            Name = parsed.GetValue(_name),
            ServicePorts = parsed.GetValue(_servicePorts),
            NoDependencies = parsed.GetValue(_noDependencies),
            Tty = _program.Tty(parsed, Context) && !parsed.GetValue(_detach),
            Stdin = _program.Stdin(parsed) && !parsed.GetValue(_detach),
            Keep = parsed.GetValue(_keep),
            Detach = parsed.GetValue(_detach),
        };
        if (request.Detach)
        {
            var machine = await client.RunDetachedAsync(application, request, cancellationToken).ConfigureAwait(false);
            await Context.Out.WriteLineAsync(machine.Machine).ConfigureAwait(false);
            return ExitCodes.Ok;
        }

        return await JoinAsync(client, application, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As docker compose does: an application that is not up yet is prepared, though nothing but what the service needs is started.</summary>
    private async Task PrepareAsync(FigmentClient client, ParseResult parsed, string application, CancellationToken cancellationToken)
    {
        var all = await client.GetApplicationsAsync(cancellationToken).ConfigureAwait(false);
        var selection = Selection(parsed, _project);
        var files = new ComposeFiles(Context);
        if (all.All(one => one.Name != application) && (selection.Files.Count > 0 || selection.Directory is not null || files.Exists()))
        {
            var request = new UpRequest { Application = files.Load(selection, []), NoStart = true };
            await new ProgressView(Context, parsed).ShowAsync(client.UpAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<int> BareAsync(FigmentClient client, ParseResult parsed, string[] words, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name) ?? await FreeNameAsync(client, BareProgram.NameOf(words[0]), cancellationToken).ConfigureAwait(false);
        bool detach = parsed.GetValue(_detach);
        PublishedPortSpec[] ports = [.. (parsed.GetValue(_publish) ?? []).Select(text => BareProgram.ParsePort(text)!)];
        var application = BareProgram.Of(words, name, ports, _program.WorkingDirectory(parsed) ?? Context.WorkingDirectory, detach ? 1 : 0);
        application = application with { Services = [.. application.Services.Select(service => service with { User = _program.User(parsed), Environment = Variables(parsed) })] };
        var last = await new ProgressView(Context, parsed).ShowAsync(client.UpAsync(new UpRequest { Application = application, Wait = detach }, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (detach)
        {
            await Context.Out.WriteLineAsync(name).ConfigureAwait(false);
            foreach (string url in (last.Application?.Machines ?? []).SelectMany(machine => machine.Published).Select(PortText.Url))
            {
                await Context.Out.WriteLineAsync(url).ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        }

        try
        {
            var request = new RunRequest { Service = name, ServicePorts = true, Tty = _program.Tty(parsed, Context), Stdin = _program.Stdin(parsed) };
            return await JoinAsync(client, name, request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also after Ctrl-C: the program is gone, so nothing may be left of it.
            await foreach (var line in client.DownAsync(name, volumes: true, timeoutMs: null, CancellationToken.None).ConfigureAwait(false))
            {
                if (line.Warning is { } warning)
                {
                    await Context.Error.WriteLineAsync($"warning: {warning}").ConfigureAwait(false);
                }
            }
        }
    }

    private List<KeyValuePair<string, string?>> Variables(ParseResult parsed) =>
        [.. _program.Environment(parsed, Context).Select(variable => variable.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1]))];

    private async Task<int> JoinAsync(FigmentClient client, string application, RunRequest request, CancellationToken cancellationToken)
    {
        await using var frames = await client.RunAsync(application, request, cancellationToken).ConfigureAwait(false);
        var options = new SessionOptions { Tty = request.Tty, Stdin = request.Stdin, ForwardSignals = true };
        return await new StreamSession(Context, _interruption).RunAsync(frames, options, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<string> FreeNameAsync(FigmentClient client, string name, CancellationToken cancellationToken)
    {
        var taken = (await client.GetApplicationsAsync(cancellationToken).ConfigureAwait(false)).Select(application => application.Name).ToHashSet();
        return Enumerable.Range(1, NamesMax).Select(number => number == 1 ? name : $"{name}-{number}").FirstOrDefault(free => !taken.Contains(free))
            ?? throw new CliException($"cannot run {name}: {NamesMax} applications of that name are up", "figment ls");
    }
}
