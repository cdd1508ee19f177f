using Figment.Api.Contract;
using Figment.Model.Control;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Keepers;
using Figment.Node.Lifecycle;
using Figment.Node.Lifecycle.Steps;
using Figment.Node.Moves;
using Figment.Node.Names;
using Figment.Node.Operations;
using Microsoft.Extensions.Logging;

namespace Figment.Node;

public sealed partial class NodeService
{
    private const string UpKind = "up";
    private const string DownKind = "down";

    private static readonly TimeSpan WaitDefault = TimeSpan.FromMinutes(5);

    /// <summary>How often a keeper is asked while somebody waits for eager machines.</summary>
    private static readonly TimeSpan WaitLook = TimeSpan.FromMilliseconds(100);

    private static readonly IReadOnlyList<LifecycleStep<UpContext>> UpSteps =
    [
        new ReadFiles(), new PreparePackages(), new PrepareImages(), new AllocateNetworks(), new PrepareVolumes(), new WriteFiles(), new WriteLaunch(), new StartKeeper(), new RestartMachines(),
    ];

    private static readonly IReadOnlyList<LifecycleStep<DownContext>> DownSteps =
    [
        new KeeperDown(), new RemoveFiles(), new RemoveOverlays(), new RemoveVolumes(), new ForgetApplication(),
    ];

    /// <summary>Brings an application up, or makes what is up like the request.</summary>
    /// <param name="operationId">The command's id: the same one twice does it once.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="epoch">The assignment to this node; older than the journal's is refused.</param>
    public Operation Up(string operationId, UpRequest request, long epoch)
    {
        ObjectNames.CheckApplication(request.Application.Name);
        return _operations.Begin(operationId, request.Application.Name, UpKind, cancels: null, async operation =>
        {
            if (PlacementFile.Read(Options.Places, request.Application.Name) is { Home: var home } && home != Options.NodeName)
            {
                throw new NodeException(ErrorCode.Conflict, $"application {request.Application.Name} is at home at node {home}; here are only machines of it that have moved", $"figment up there, or figment move the machines there and figment down here");
            }

            var line = await UpAsync(operation, request, epoch, part: null).ConfigureAwait(false);
            await Parts(request.Application.Name, operation).ConfigureAwait(false);
            return line;
        });
    }

    /// <summary>Brings up what another node, where the application is at home, says of it.</summary>
    internal Operation UpPart(string operationId, ApplicationPart part) =>
        _operations.Begin(operationId, part.Spec.Name, UpKind, cancels: null, operation => UpAsync(operation, new UpRequest { Application = part.Spec }, part.Epoch, part));

    /// <summary>Takes an application down; an <c>up</c> of it that is under way is cancelled.</summary>
    public Operation Down(string operationId, string application, bool volumes, long? graceMs)
    {
        ObjectNames.CheckApplication(application);
        return _operations.Begin(operationId, application, DownKind, cancels: UpKind, async operation =>
        {
            await DownParts(application, volumes, operation).ConfigureAwait(false);
            return await DownAsync(operation, application, volumes, graceMs).ConfigureAwait(false);
        });
    }

    /// <summary>Takes down what is here of an application that is at home elsewhere, unless something of it is, or is on its way, when its turn has come.</summary>
    internal Operation DownPart(string application, Func<bool> isUsed) =>
        _operations.Begin(Guid.NewGuid().ToString("N"), application, DownKind, cancels: null, operation => isUsed()
            ? Task.FromResult(new ProgressLine { Done = true })
            : DownAsync(operation, application, volumes: false, graceMs: null));

    /// <summary>After an <c>up</c> at home: the other nodes that have machines of the application follow.</summary>
    internal Func<string, Operation, Task> Parts { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Before a <c>down</c> at home, with or without volumes.</summary>
    internal Func<string, bool, Operation, Task> DownParts { get; set; } = (_, _, _) => Task.CompletedTask;

    /// <summary>After a start of this process: takes over what runs, brings up again what should, and finishes what was going down. Returns at once; each application's own operations wait for it.</summary>
    public void Recover()
    {
        // Of a machine that was on its way here when the process before this one was killed, and nothing else of its application was here yet, or any more.
        foreach (string application in PlacementFile.Applications(Options.Places).Where(application => _parts.Journal.Application(application) is null).ToList())
        {
            PlacementFile.Remove(Options.Places, application);
        }

        foreach (var record in _parts.Journal.Applications())
        {
            string id = $"recover-{Guid.NewGuid():N}";
            if (record.Wanted == WantedState.Down)
            {
                Down(id, record.Name, volumes: false, graceMs: null);
            }
            else
            {
                var recovery = _operations.Begin(id, record.Name, UpKind, cancels: null, operation => RecoverAsync(operation, record));
                _parts.Keepers.Return(record.Name, recovery.Result);
                _ = TellFailureAsync(recovery);
            }
        }

        _ = KeepTakenAsync();
        _recoveryBegun.TrySetResult();
    }

    /// <summary>Nobody waits for a recovery, so that its failure would be seen by nobody.</summary>
    private async Task TellFailureAsync(Operation recovery)
    {
        if ((await recovery.Result.ConfigureAwait(false)).Error is { } error)
        {
            _log.LogError("application {Application} is not up after the daemon's start: {Message}; to try again: figment up", recovery.Application, error.Message);
        }
    }

    private async Task<ProgressLine> RecoverAsync(Operation operation, ApplicationRecord record)
    {
        // A down may have come first.
        if (_parts.Journal.Application(record.Name) is null)
        {
            return new ProgressLine { Done = true };
        }

        bool sameBoot = record.Boot == _parts.Boot;
        if (sameBoot && _launches.Find(record.Name) is { } launch)
        {
            _parts.Journal.OpenIntervals(record.Name, record.Incarnation, launch.Machines);
            _parts.Ledgers.Follow(record.Name, record.Incarnation);
            bool adopted = await _parts.Keepers.AdoptAsync(record.Name, operation.Cancellation).ConfigureAwait(false);
            if (!adopted)
            {
                await _parts.Keepers.StartAsync(record.Name, operation.Cancellation).ConfigureAwait(false);
            }

            _log.LogInformation("application {Application}: its keeper {What}", record.Name, adopted ? "was found running" : "was started again");
            await ForgetUnbegunAsync(operation, launch).ConfigureAwait(false);
            return new ProgressLine { Done = true };
        }

        if (!sameBoot)
        {
            // Sockets, pins and files of the kernel that is gone.
            RemoveFiles.RemoveFolder(_parts.Options.Places.ApplicationRuntime(record.Name), record.Name);
        }

        var line = await UpAsync(operation, new UpRequest { Application = record.Spec }, record.Epoch, part: null).ConfigureAwait(false);
        _log.LogInformation("application {Application} is up again after a restart of the node", record.Name);
        return line;
    }

    private async Task<ProgressLine> UpAsync(Operation operation, UpRequest request, long epoch, ApplicationPart? part)
    {
        string name = request.Application.Name;
        var placed = PlacementFile.Read(Options.Places, name);
        var before = _parts.Journal.Application(name);
        string launchPath = _launches.PathOf(name);
        var context = new UpContext
        {
            Parts = _parts,
            Operation = operation,
            Request = request,
            Epoch = epoch,
            Before = before,
            HeldBefore = part?.Held ?? _parts.Journal.Allocations().GetValueOrDefault(name) ?? [],
            Placement = part?.Placement ?? placed,
            LaunchBefore = File.Exists(launchPath) ? await File.ReadAllTextAsync(launchPath, operation.Cancellation).ConfigureAwait(false) : null,
            PreviousLaunch = _launches.Find(name),
        };
        try
        {
            if (part is not null)
            {
                PlacementFile.Write(Options.Places, name, part.Placement);
            }

            await _steps.RunAsync(operation, UpSteps, context).ConfigureAwait(false);
        }
        catch (Exception) when (part is not null && placed is null)
        {
            PlacementFile.Remove(Options.Places, name);
            throw;
        }
        catch (KeeperLostException exception)
        {
            throw new NodeException(ErrorCode.Failed, exception.Message, $"{Path.Combine(context.RuntimeFolder, "keeper.log")} tells more", exception);
        }

        RemoveUnusedFiles(context);
        if (request.Wait)
        {
            await WaitForEagerAsync(operation, name, request.WaitTimeoutMs is { } limit ? TimeSpan.FromMilliseconds(limit) : WaitDefault).ConfigureAwait(false);
        }

        return new ProgressLine { Done = true, Application = await GetApplicationAsync(name, operation.Cancellation).ConfigureAwait(false) };
    }

    private async Task<ProgressLine> DownAsync(Operation operation, string application, bool volumes, long? graceMs)
    {
        // Asked for again here: an up that was cancelled a moment ago has forgotten the application, which is what is wanted.
        if (_parts.Journal.Application(application) is not { } record)
        {
            return new ProgressLine { Done = true };
        }

        var context = new DownContext { Parts = _parts, Operation = operation, Record = record, Volumes = volumes, GraceMs = graceMs };
        await _steps.RunAsync(operation, DownSteps, context).ConfigureAwait(false);
        return new ProgressLine { Done = true };
    }

    /// <summary>Configs and secrets of the launch file before, which no machine is bound to any more once the keeper has taken the new one.</summary>
    private static void RemoveUnusedFiles(UpContext context)
    {
        string folder = Path.Combine(context.RuntimeFolder, "files");
        if (!Directory.Exists(folder))
        {
            return;
        }

        var used = context.RequiredPlan.Launch.Machines.SelectMany(machine => machine.Mounts).Where(mount => mount.Kind == MountKind.Bind).Select(mount => mount.Source).ToHashSet();
        foreach (string file in Directory.EnumerateFiles(folder).Where(file => !used.Contains(file)))
        {
            File.Delete(file);
        }
    }

    private async Task WaitForEagerAsync(Operation operation, string application, TimeSpan limit)
    {
        var eager = RequireLaunch(application).Machines.Where(machine => machine.Start == StartMode.Eager).Select(machine => machine.Name).ToHashSet();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(operation.Cancellation);
        timeout.CancelAfter(limit);
        IReadOnlyList<MachineStatus> waiting = [];
        try
        {
            while (true)
            {
                var reply = await _parts.Keepers.Client(application).AskAsync(new KeeperRequest.Status(), KeeperClient.Quick, timeout.Token).ConfigureAwait(false);
                var machines = (reply.Machines ?? []).Where(machine => eager.Contains(machine.Machine)).ToList();
                if (machines.Find(machine => machine.State == MachineState.Failed || machine.Health == HealthState.Unhealthy) is { } bad)
                {
                    throw new NodeException(ErrorCode.Failed, $"machine {bad.Machine} {(bad.State == MachineState.Failed ? "has failed" : "is unhealthy")}: {bad.Cause?.Detail ?? "it gave no reason"}", $"figment why -p {application} {bad.Machine}");
                }

                waiting = [.. machines.Where(machine => !IsReady(machine))];
                if (waiting.Count == 0)
                {
                    return;
                }

                await Task.Delay(WaitLook, _parts.Time, timeout.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!operation.Cancellation.IsCancellationRequested)
        {
            throw new NodeException(ErrorCode.Failed, $"after {limit.TotalSeconds:0} s these machines of {application} are not ready: {string.Join(", ", waiting.Select(machine => $"{machine.Machine} ({machine.State})"))}", $"the application stays up; figment ps -p {application} shows it");
        }
    }

    private static bool IsReady(MachineStatus machine) =>
        machine.State == MachineState.Completed || (machine.State is MachineState.Running or MachineState.Frozen or MachineState.Hibernated && machine.Health is HealthState.None or HealthState.Healthy);
}
