using Figment.Api.Contract;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Names;
using Figment.Node.Operations;
using Figment.Node.Planning;
using Figment.Node.Snapshots;

namespace Figment.Node;

public sealed partial class NodeService
{
    private const string SameRandomNumbers =
        "both draw the same random numbers where its program keeps their state in memory, as OpenSSL does, and Node with it (docs/migration.md, Warm start); x-figment.after-restore is there to tell it";

    /// <summary>Begins another machine where one is that goes on. What is left of it when it fails is nothing.</summary>
    public Operation BeginClone(string application, string machine, CloneRequest request) =>
        _operations.BeginFree($"clone-{Guid.NewGuid():N}", application, "clone", async operation =>
            new ProgressLine { Done = true, Cloned = await CloneAsync(application, machine, request.Name, operation.Cancellation).ConfigureAwait(false) });

    private async Task<CloneView> CloneAsync(string application, string machine, string? name, CancellationToken cancellation)
    {
        var of = RequireMachine(application, machine);
        var record = Require(application);
        var service = record.Spec.Services.FirstOrDefault(one => one.Name == of.Service)
            ?? throw new NodeException(ErrorCode.Conflict, $"application {application} has no service {of.Service} any more, of which {machine} is");
        await RequireCloneableAsync(application, of, name, cancellation).ConfigureAwait(false);
        long begun = _parts.Time.GetTimestamp();
        string folder = _parts.Taken.NewForClone();
        try
        {
            long? pauseMs = await TakeAsync(application, new KeeperRequest.TakeSnapshot { Machine = machine, Folder = folder, LeaveRunning = true, ForClone = true }, cancellation).ConfigureAwait(false);
            long copyMs = MsSince(begun);
            var alone = service with { ContainerName = null, Hostname = null };
            string? made = null;
            var adding = _operations.Begin($"add-{Guid.NewGuid():N}", application, "run", cancels: null, async operation =>
            {
                made = await AddOneOffAsync(operation, record, alone, "clone", name, (input, own, number) => LaunchPlanner.PlanClone(input, alone, of, own, number)).ConfigureAwait(false);
                return new ProgressLine { Done = true };
            });
            if ((await adding.Result.ConfigureAwait(false)).Error is { } error)
            {
                throw new NodeException(error.Code, error.Message, error.Hint);
            }

            var view = await RunCloneAsync(application, made!, folder, of).ConfigureAwait(false);
            return new CloneView { Machine = view, PauseMs = pauseMs, CopyMs = copyMs, TookMs = MsSince(begun), Warnings = of.AfterRestore.Count == 0 ? [$"{machine} and {view.Machine}: {SameRandomNumbers}"] : [] };
        }
        finally
        {
            TakenSnapshots.Remove(folder);
        }
    }

    /// <summary>Whether it has begun or failed: the caller's end does not matter any more.</summary>
    private async Task<MachineView> RunCloneAsync(string application, string name, string folder, MachineLaunch of)
    {
        try
        {
            return await AskAboutAsync(application, name, new KeeperRequest.Restore { Machine = name, Folder = folder, CloneOf = of.Name }, StartMax, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            try
            {
                await RemoveMachineAsync(application, name, force: true, CancellationToken.None).ConfigureAwait(false);
            }
            catch (NodeException)
            {
                // It has left already, or its application has.
            }

            throw;
        }
    }

    private async Task RequireCloneableAsync(string application, MachineLaunch of, string? name, CancellationToken cancellation)
    {
        if (name is not null)
        {
            ObjectNames.CheckMachine(name);
            if (RequireLaunch(application).Machines.Any(machine => machine.Name == name))
            {
                throw new NodeException(ErrorCode.Conflict, $"application {application} has a machine {name} already", "choose another --name");
            }
        }

        if (of.Mounts.FirstOrDefault(mount => mount is { Kind: not MountKind.Tmpfs, ReadOnly: false }) is { } mount)
        {
            throw new NodeException(ErrorCode.Conflict, $"{of.Name} cannot be cloned: it may write to {mount.Target}, which is outside of it, and its clone would write there too", "mount it read-only, or as tmpfs");
        }

        if (of.Program.Tty)
        {
            throw new NodeException(ErrorCode.Conflict, $"{of.Name} cannot be cloned: its program has a terminal, which a snapshot does not hold yet");
        }

        switch (await StateOfAsync(application, of.Name, cancellation).ConfigureAwait(false))
        {
            case MachineState.Running or MachineState.Frozen:
                return;
            case MachineState.Hibernated:
                await AskAboutAsync(application, of.Name, new KeeperRequest.Start { Machine = of.Name, Wait = true }, StartMax, cancellation).ConfigureAwait(false);
                return;
            case MachineState.Elsewhere:
                throw new NodeException(ErrorCode.Conflict, $"{of.Name} is at node {of.Node}: ask there");
            default:
                throw new NodeException(ErrorCode.Conflict, $"{of.Name} has no program, of which there could be another", $"figment start {of.Name}");
        }
    }
}
