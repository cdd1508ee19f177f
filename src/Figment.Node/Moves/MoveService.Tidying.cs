using Figment.Api.Contract;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Errors;
using Figment.Node.Lifecycle.Steps;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Moves;

/// <summary>Where a machine is is decided; what is left to be done about it is done, however often its keeper is killed meanwhile.</summary>
public sealed partial class MoveService
{
    private static readonly TimeSpan TidyAgainMin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan TidyAgainMax = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Returns after the first attempt; if that failed others follow, until one does not, or nobody wants it any more.</summary>
    private async Task TidyAsync(string application, Func<bool> isWanted, Func<Task> work, Action? done = null)
    {
        if (!await TryAsync().ConfigureAwait(false))
        {
            _ = AgainAsync();
        }

        async Task<bool> TryAsync()
        {
            try
            {
                if (isWanted())
                {
                    await work().ConfigureAwait(false);
                }

                done?.Invoke();
                return true;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                _log.LogError("what is left here of application {Application}: {Message}", application, exception.Message);
                return false;
            }
        }

        async Task AgainAsync()
        {
            // The next daemon finds it on storage.
            for (var pause = TidyAgainMin; !_stopping.IsCancellationRequested; pause = pause * 2 < TidyAgainMax ? pause * 2 : TidyAgainMax)
            {
                await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_stopping.IsCancellationRequested || await TryAsync().ConfigureAwait(false))
                {
                    return;
                }
            }
        }
    }

    /// <summary>Packets for the machine go there. Unless its application is at two nodes nothing is led anywhere.</summary>
    private async Task LeadToAsync(MoveRecord move, string node)
    {
        if (PlacementFile.Read(_node.Options.Places, move.Application) is { } placement)
        {
            await LeadAsync(move, placement, node).ConfigureAwait(false);
        }
    }

    /// <summary>It is this node's as before.</summary>
    private async Task StayAsync(MoveFolder move)
    {
        await LeadToAsync(move.Record, Self).ConfigureAwait(false);
        await NarrowAsync(move.Record.Application).ConfigureAwait(false);
    }

    /// <summary>It is the other node's: what this one has of it goes.</summary>
    private async Task LeaveAsync(MoveRecord move)
    {
        var places = _node.Options.Places;
        if (PlacementFile.Read(places, move.Application) is { } placement)
        {
            placement = placement.With(move.Machine, move.Peer, move.Epoch);
            PlacementFile.Write(places, move.Application, placement);
            await LeadAsync(move, placement, move.Peer).ConfigureAwait(false);
            await AskKeeperAsync(move, new KeeperRequest.Dismiss { Machine = move.Machine }).ConfigureAwait(false);
            RemoveCarried(move);
            _ = EndPartAsync(move.Application);
        }
    }

    /// <summary>What comes with a machine takes the places of what it carries: there is nothing, or it is of somebody else.</summary>
    private void RequireRoom(string application, string machine)
    {
        foreach (var mount in _node.RequireMachine(application, machine).Mounts.Where(mount => mount.Kind == MountKind.Volume && Directory.Exists(mount.Source)))
        {
            if (Directory.EnumerateFileSystemEntries(mount.Source!).Any())
            {
                throw new NodeException(ErrorCode.Conflict, $"{mount.Source} at node {Self} is not empty, and {machine} comes with what is to be there", "an application of that name left its volume there; keep it elsewhere, or remove it");
            }
        }
    }

    /// <summary>The source removes what it has once it hears that the machine runs here.</summary>
    private void Sync(MoveRecord move)
    {
        foreach (string place in CarriedPlaces(move).Where(Path.Exists))
        {
            using var file = FileCalls.Open(place, FileCalls.O_RDONLY);
            var error = TreeFile.SyncFileSystem(file);
            if (error != Errno.None)
            {
                throw new LinuxException(error, "syncfs(2)", place);
            }
        }
    }

    /// <summary>The machine is the other node's, with what it carries.</summary>
    private void RemoveCarried(MoveRecord move)
    {
        foreach (string place in CarriedPlaces(move))
        {
            if (File.Exists(place))
            {
                File.Delete(place);
            }

            RemoveFiles.RemoveFolder(place, move.Application);
        }
    }

    private IEnumerable<string> CarriedPlaces(MoveRecord move) => CarriedMounts.Own(_node.RequireMachine(move.Application, move.Machine), _node.Options.Places.ApplicationState(move.Application)).Values;
}
