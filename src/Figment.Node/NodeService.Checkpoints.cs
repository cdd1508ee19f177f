using System.Globalization;
using Figment.Api.Contract;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Keepers;
using Figment.Node.Snapshots;
using Microsoft.Extensions.Logging;

namespace Figment.Node;

public sealed partial class NodeService
{
    /// <summary>The pages of the largest machines go to a slow disk.</summary>
    private static readonly TimeSpan CheckpointMax = TimeSpan.FromMinutes(10);

    /// <summary>A box goes on writing when its keeper is killed.</summary>
    private static readonly TimeSpan AloneMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AlonePause = TimeSpan.FromMilliseconds(100);

    private const int SigKill = 9;

    /// <summary>Makes a snapshot of a machine and puts it into the store; one that is on storage comes back for it.</summary>
    private async Task<CheckpointView> CheckpointAsync(string application, string machine, ActionRequest request, CancellationToken cancellation)
    {
        var launch = RequireMachine(application, machine);
        if (request.Name is { } name && !SnapshotInfo.IsName(name))
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"\"{name}\" is no name for a snapshot", "letters, digits, '_', '.' and '-', up to 63, beginning with a letter or digit");
        }

        if (await StateOfAsync(application, machine, cancellation).ConfigureAwait(false) == MachineState.Hibernated)
        {
            await AskAboutAsync(application, machine, new KeeperRequest.Start { Machine = machine, Wait = true }, StartMax, cancellation).ConfigureAwait(false);
        }

        long begun = _parts.Time.GetTimestamp();
        string folder = _parts.Taken.New();
        bool leaveRunning = request.LeaveRunning || request.Check;
        bool isElsewhere = true;
        try
        {
            long? pauseMs = await TakeAsync(application, new KeeperRequest.TakeSnapshot { Machine = machine, Folder = folder, LeaveRunning = leaveRunning }, cancellation).ConfigureAwait(false);
            if (request.Check)
            {
                return new CheckpointView { PauseMs = pauseMs, TookMs = MsSince(begun) };
            }

            string id = await PublishAsync(folder, request.Name).ConfigureAwait(false);
            return new CheckpointView { PauseMs = pauseMs, Snapshot = id, TookMs = MsSince(begun), SizeBytes = _parts.Snapshots.Store.List().FirstOrDefault(one => one.Id == id)?.Logical };
        }
        catch (NodeException failure) when (!leaveRunning && Directory.Exists(folder))
        {
            // It has ended and its snapshot has no place in the store: it must not be lost.
            isElsewhere = false;
            await AskAboutAsync(application, machine, new KeeperRequest.Restore { Machine = machine, Folder = folder }, StartMax, CancellationToken.None).ConfigureAwait(false);
            throw new NodeException(failure.Code, $"{failure.Message}; {launch.Name} has gone on from where it was", failure.Hint, failure);
        }
        finally
        {
            if (isElsewhere)
            {
                TakenSnapshots.Remove(folder);
            }
        }
    }

    /// <summary>A machine goes on from a snapshot of it.</summary>
    private async Task<RestoreView> RestoreAsync(string application, string machine, string? reference, bool force, CancellationToken cancellation)
    {
        var launch = RequireMachine(application, machine);
        var snapshot = FindOf(application, machine, reference);
        RequireSame(snapshot, application, launch);
        bool runs = await StateOfAsync(application, machine, cancellation).ConfigureAwait(false) is MachineState.Running or MachineState.Frozen or MachineState.Starting or MachineState.Waiting or MachineState.Stopping;
        if (runs && !force)
        {
            throw new NodeException(ErrorCode.Conflict, $"machine {machine} has a program, which would be lost", $"figment stop {machine}, or figment restore --force {machine}");
        }

        long begun = _parts.Time.GetTimestamp();
        string folder = _parts.Taken.New();
        bool isDone = false;
        try
        {
            await Task.Run(() => NodeSnapshots.Told(() => Unpack(snapshot.Id, folder, cancellation)), cancellation).ConfigureAwait(false);
            long unpackMs = MsSince(begun);
            if (runs)
            {
                await AskAboutAsync(application, machine, new KeeperRequest.Stop { Machine = machine, Signal = SigKill, GraceMs = 0 }, ActionMargin, cancellation).ConfigureAwait(false);
            }

            long ready = _parts.Time.GetTimestamp();
            await AskAboutAsync(application, machine, new KeeperRequest.Restore { Machine = machine, Folder = folder }, StartMax, cancellation).ConfigureAwait(false);
            isDone = true;
            return new RestoreView { Snapshot = snapshot.Id, UnpackMs = unpackMs, StartMs = MsSince(ready), SizeBytes = snapshot.Logical };
        }
        finally
        {
            Telemetry.Migrations.Restored(application, launch.Service, machine, SnapshotUse.User, isDone ? _parts.Time.GetElapsedTime(begun) : null);
            TakenSnapshots.Remove(folder);
        }
    }

    /// <summary>Snapshots that were complete when an earlier daemon ended, and nowhere else: the machine of one may have ended with it.</summary>
    private async Task KeepTakenAsync()
    {
        try
        {
            foreach (string folder in _parts.Taken.LeftBehind())
            {
                string id = await PublishAsync(folder, name: null).ConfigureAwait(false);
                TakenSnapshots.Remove(folder);
                _log.LogInformation("snapshot {Id} was complete when the daemon before this one ended; figment snapshot inspect {Id} shows of what", id, id);
            }
        }
        catch (Exception exception) when (exception is NodeException or IOException or UnauthorizedAccessException)
        {
            _log.LogError("a snapshot in {Folder} is not in the store: {Message}; it stays there, and the next start of the daemon tries again", _parts.Options.Places.Taken, exception.Message);
        }
    }

    /// <summary>Several machines may have a snapshot of one name: the machine's own is meant.</summary>
    private StoredSnapshot FindOf(string application, string machine, string? reference)
    {
        if (reference is null)
        {
            return _parts.Snapshots.Find($"{application}/{machine}");
        }

        try
        {
            return SnapshotReference.Find(reference, [.. _parts.Snapshots.Store.List().Where(one => one.Info?.Application == application && one.Info.Machine == machine)]);
        }
        catch (NodeException exception) when (exception.Code == ErrorCode.NotFound)
        {
            return _parts.Snapshots.Find(reference);
        }
    }

    private bool Unpack(string id, string folder, CancellationToken cancellation)
    {
        _parts.Snapshots.Store.Unpack(id, folder, cancellation);
        return true;
    }

    private async Task<long?> TakeAsync(string application, KeeperRequest.TakeSnapshot request, CancellationToken cancellation)
    {
        try
        {
            return (await _parts.Keepers.Client(application).AskAsync(request, CheckpointMax, cancellation).ConfigureAwait(false)).PauseMs;
        }
        catch (KeeperLostException exception)
        {
            var waited = TimeSpan.Zero;
            do
            {
                await Task.Delay(AlonePause, _parts.Time, cancellation).ConfigureAwait(false);
                waited += AlonePause;
            }
            while (waited < AloneMax && Directory.Exists(request.Folder + TakenSnapshots.Unfinished));

            return Directory.Exists(request.Folder) ? null : throw new NodeException(ErrorCode.Failed, exception.Message, "try again: the keeper comes back by itself", exception);
        }
    }

    /// <summary>Also when the caller has gone: what was taken is kept.</summary>
    private Task<string> PublishAsync(string folder, string? name) => NodeSnapshots.ToldAsync(() =>
        _parts.Snapshots.Store.PublishAsync(folder, SnapshotInfo.Of(SnapshotManifest.Load(folder)) with { Name = name }, CancellationToken.None));

    internal async Task<MachineState?> StateOfAsync(string application, string machine, CancellationToken cancellation) =>
        (await StatusAsync(application, cancellation).ConfigureAwait(false))?.FirstOrDefault(one => one.Machine == machine)?.State;

    private long MsSince(long timestamp) => (long)_parts.Time.GetElapsedTime(timestamp).TotalMilliseconds;

    private static void RequireSame(StoredSnapshot snapshot, string application, MachineLaunch machine)
    {
        if (snapshot.Info is not { } info)
        {
            throw new NodeException(ErrorCode.Conflict, $"snapshot {snapshot.Id} cannot be read: {snapshot.Complaint}", "figment snapshot ls shows the others");
        }

        if (info.Application != application || info.Machine != machine.Name)
        {
            throw new NodeException(ErrorCode.Conflict, $"snapshot {snapshot.Id} is of {info.Application}/{info.Machine}, and {application}/{machine.Name} is another machine", "figment snapshot ls shows which there are");
        }

        if (info.Revision != machine.Revision)
        {
            throw new NodeException(
                ErrorCode.Conflict,
                string.Create(CultureInfo.InvariantCulture, $"snapshot {snapshot.Id} is of {info.Machine} as it was specified on {info.TakenAt:u}, and the Compose file now says something else of it"),
                "bring that up again as it was (figment up), then restore");
        }
    }
}
