using System.Globalization;
using Figment.Api.Contract;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Addresses;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Keepers;
using Figment.Node.Lifecycle.Steps;
using Figment.Node.Operations;
using Figment.Node.Planning;
using Figment.Node.Streams;
using Microsoft.Extensions.Logging;

namespace Figment.Node;

public sealed partial class NodeService
{
    private static readonly TimeSpan UpdateWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AttachRetry = TimeSpan.FromMilliseconds(10);

    /// <summary>Makes a one-off machine of a service. It is imaginary when this returns: start it, then attach.</summary>
    /// <returns>The machine's name.</returns>
    public async Task<string> PrepareRunAsync(string application, RunRequest request, CancellationToken cancellation)
    {
        var record = Require(application);
        var service = record.Spec.Services.FirstOrDefault(one => one.Name == request.Service)
            ?? throw new NodeException(ErrorCode.NotFound, $"application {application} has no service {request.Service}") { ExitCode = 125 };
        string? name = null;
        var operation = _operations.Begin($"run-{Guid.NewGuid():N}", application, "run", cancels: null, async operation =>
        {
            var changed = Changed(service, request);
            name = await AddOneOffAsync(operation, record, changed, "run", request.Name, (input, name, number) => LaunchPlanner.PlanOneOff(input, changed, name, number, request).Plan).ConfigureAwait(false);
            return new ProgressLine { Done = true };
        });
        var line = await operation.Result.WaitAsync(cancellation).ConfigureAwait(false);
        return line.Error is { } error ? throw new NodeException(error.Code, error.Message, error.Hint) { ExitCode = 125 } : name!;
    }

    /// <summary>Starts a machine that <see cref="PrepareRunAsync"/> made; returns when its start has begun.</summary>
    public Task<MachineView> StartRunAsync(string application, string machine, CancellationToken cancellation) =>
        AskAboutAsync(application, machine, new KeeperRequest.Start { Machine = machine, Wait = false }, StartMax, cancellation);

    /// <summary>Starts it and attaches to its program, once what it depends on is ready. The program's first word is not lost: its box waits for this.</summary>
    /// <exception cref="NodeException">It did not come to run; with the exit code for the caller.</exception>
    public async Task<BoxConnection> StartRunAttachedAsync(string application, string machine, AttachRequest request, CancellationToken cancellation)
    {
        var ended = new TaskCompletionSource<MachineEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(string of, IReadOnlyList<JournalEvent> events)
        {
            foreach (var one in events.Where(one => of == application && one.View.Event.Machine == machine && IsEnd(one.View.Event)))
            {
                ended.TrySetResult(one.View.Event);
            }
        }

        _parts.Ledgers.Imported += Look;
        try
        {
            await StartRunAsync(application, machine, cancellation).ConfigureAwait(false);
            while (true)
            {
                try
                {
                    RequireMachine(application, machine);
                    return await BoxConnection.OpenAsync(machine, BoxSocket(application, machine), new StreamRequest.Attach { Stdin = request.Stdin }, cancellation).ConfigureAwait(false);
                }
                catch (NodeException exception) when (exception.Code is ErrorCode.Conflict or ErrorCode.NotFound)
                {
                    // Its box is not there yet, or no more.
                    await Task.WhenAny(ended.Task, Task.Delay(AttachRetry, cancellation)).ConfigureAwait(false);
                    cancellation.ThrowIfCancellationRequested();
                }

                if (ended.Task.IsCompleted)
                {
                    throw NotRun(machine, await ended.Task.ConfigureAwait(false));
                }
            }
        }
        catch (OperationCanceledException)
        {
            await RemoveMachineAsync(application, machine, force: true, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        finally
        {
            _parts.Ledgers.Imported -= Look;
        }
    }

    private static bool IsEnd(MachineEvent one) =>
        one.To is MachineState.Completed or MachineState.Failed or MachineState.Stopped or MachineState.Imaginary && one.From != MachineState.Imaginary;

    private static NodeException NotRun(string machine, MachineEvent end) =>
        new(ErrorCode.Failed, $"{machine} did not run: {end.Cause.Detail ?? (end.LastLines is [.., var last] ? last : $"it became {end.To}")}") { ExitCode = end.ExitCode is 126 or 127 ? end.ExitCode : 125 };

    /// <param name="operation">Has the application's turn.</param>
    /// <param name="record">The application.</param>
    /// <param name="service">Of which one.</param>
    /// <param name="made">How: a word of its name.</param>
    /// <param name="wanted">Its name; null: one of its service's.</param>
    /// <param name="planned">By name and number.</param>
    private async Task<string> AddOneOffAsync(Operation operation, ApplicationRecord record, ServiceSpec service, string made, string? wanted, Func<PlanInput, string, int, ApplicationPlan> planned)
    {
        var previous = RequireLaunch(record.Name);
        int number = 1;
        while (previous.Machines.Any(machine => machine.Name == OneOffName(service, made, number)))
        {
            number++;
        }

        string name = wanted ?? OneOffName(service, made, number);
        if (previous.Machines.Any(machine => machine.Name == name))
        {
            throw new NodeException(ErrorCode.Conflict, $"application {record.Name} has a machine {name} already", "choose another --name");
        }

        await _parts.Allocating.WaitAsync(operation.Cancellation).ConfigureAwait(false);
        ApplicationPlan plan;
        try
        {
            var held = _parts.Journal.Allocations().GetValueOrDefault(record.Name) ?? [];
            var image = service.Figment.Root == RootKind.Host ? null : _parts.Images.Find(service.Image ?? $"figment/{record.Name}-{service.Name}:latest", service.Platform);
            plan = planned(
                new PlanInput
                {
                    Spec = record.Spec,
                    Options = _parts.Options,
                    Node = NodeFactsReader.Read(_parts.Journal, record.Name),
                    Epoch = record.Epoch,
                    Tag = record.Tag,
                    Images = image is null ? new Dictionary<string, Images.ImageFacts>() : new Dictionary<string, Images.ImageFacts> { [service.Name] = image },
                    Held = held,
                    Previous = previous,
                    FileDigests = PresentDigests(previous),
                },
                name,
                number);

            _parts.Journal.PutApplication(record, plan.Allocations);
        }
        finally
        {
            _parts.Allocating.Release();
        }

        foreach (var folder in plan.Folders.Where(folder => folder.Make))
        {
            Directory.CreateDirectory(folder.Path);
        }

        WriteLaunch.Write(_launches.PathOf(record.Name), plan.Launch);
        _parts.Journal.OpenIntervals(record.Name, record.Incarnation, plan.Launch.Machines);
        await _parts.Keepers.Client(record.Name).AskAsync(new KeeperRequest.Update(), UpdateWait, operation.Cancellation).ConfigureAwait(false);
        return name;
    }

    private static string OneOffName(ServiceSpec service, string made, int number) => string.Create(CultureInfo.InvariantCulture, $"{service.Name}-{made}-{number}");

    private static ServiceSpec Changed(ServiceSpec service, RunRequest request) => service with
    {
        Command = request.Command ?? service.Command,
        Entrypoint = request.Entrypoint ?? service.Entrypoint,
        Environment =
        [
            .. service.Environment,
            .. request.Environment.Select(line => line.IndexOf('=', StringComparison.Ordinal) is var equals and > 0
                ? new KeyValuePair<string, string?>(line[..equals], line[(equals + 1)..])
                : throw new NodeException(ErrorCode.InvalidRequest, $"\"{line}\" is no environment variable", "write NAME=value") { ExitCode = 125 }),
        ],
        User = request.User ?? service.User,
        WorkingDir = request.WorkingDirectory ?? service.WorkingDir,
        DependsOn = request.NoDependencies ? [] : service.DependsOn,
        Tty = request.Tty,
        StdinOpen = request.Stdin,
        ContainerName = null,
        Hostname = null,
        HealthCheck = service.HealthCheck,
    };

    /// <summary>Digests of configs and secrets that are there as files, by the names that <see cref="MountPlanning"/> gave them.</summary>
    private Dictionary<(string Kind, string Name), string> PresentDigests(ApplicationLaunch launch)
    {
        var digests = new Dictionary<(string, string), string>();
        string folder = Path.Combine(launch.RuntimeDirectory, "files");
        foreach (var (kind, file) in Require(launch.Application).Spec.Configs.Select(file => ("config", file)).Concat(Require(launch.Application).Spec.Secrets.Select(file => ("secret", file))))
        {
            string start = $"{kind}-{file.Name}-";
            string? found = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, start + "*").Select(path => Path.GetFileName(path)).FirstOrDefault(name => name.Length > start.Length) : null;
            if (found is not null)
            {
                digests[(kind, file.Name)] = found[start.Length..].Split('-')[0];
            }
        }

        return digests;
    }

    /// <summary>A one-off machine that has ended goes out of the launch file; its keeper has removed it already.</summary>
    private void ForgetEndedOneOffs(string application, IReadOnlyList<JournalEvent> events)
    {
        var launch = _launches.Find(application);
        if (launch is null || !launch.Machines.Any(machine => machine.OneOff))
        {
            return;
        }

        var ended = events
            .Where(one => IsEnd(one.View.Event))
            .Select(one => one.View.Event.Machine)
            .Where(name => launch.Machines.Any(machine => machine.Name == name && machine.OneOff))
            .ToHashSet();
        if (ended.Count > 0)
        {
            _operations.Begin($"forget-{Guid.NewGuid():N}", application, "run", cancels: null, operation => ForgetAsync(operation, ended));
        }
    }

    /// <summary>One-off machines whose makers ended with the daemon before this one, and that nobody will begin any more.</summary>
    private async Task ForgetUnbegunAsync(Operation operation, ApplicationLaunch launch)
    {
        var oneOff = launch.Machines.Where(machine => machine.OneOff).Select(machine => machine.Name).ToHashSet(StringComparer.Ordinal);
        var statuses = oneOff.Count == 0 ? [] : (await QuickStatusAsync(operation.Application, operation.Cancellation).ConfigureAwait(false)).Machines ?? [];
        var unbegun = statuses.Where(status => status.State == MachineState.Imaginary && oneOff.Contains(status.Machine)).Select(status => status.Machine).ToHashSet(StringComparer.Ordinal);
        if (unbegun.Count > 0)
        {
            await ForgetAsync(operation, unbegun).ConfigureAwait(false);
        }
    }

    private async Task<ProgressLine> ForgetAsync(Operation operation, HashSet<string> ended)
    {
        string application = operation.Application;
        if (_launches.Find(application) is { } launch && _parts.Journal.Application(application) is { } record)
        {
            WriteLaunch.Write(_launches.PathOf(application), launch with { Machines = [.. launch.Machines.Where(machine => !ended.Contains(machine.Name))] });
            var held = _parts.Journal.Allocations().GetValueOrDefault(application) ?? [];
            _parts.Journal.PutApplication(record, [.. held.Where(allocation => !ended.Any(name => allocation.Key.EndsWith("/" + name, StringComparison.Ordinal) || allocation.Key.StartsWith(name + "/", StringComparison.Ordinal)))]);
            try
            {
                await _parts.Keepers.Client(application).AskAsync(new KeeperRequest.Update(), UpdateWait, operation.Cancellation).ConfigureAwait(false);
            }
            catch (KeeperLostException exception)
            {
                _log.LogWarning("one-off machines of {Application} stay until its next update: {Message}", application, exception.Message);
            }

            _parts.Journal.CloseIntervalsBut(application, [.. launch.Machines.Where(machine => !ended.Contains(machine.Name))]);
        }

        return new ProgressLine { Done = true };
    }
}
