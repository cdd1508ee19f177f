using Figment.Api.Contract;
using Figment.Cluster;
using Figment.Daemon.Http;
using Figment.Node;
using Figment.Node.Errors;

namespace Figment.Daemon.Endpoints;

/// <summary>The two requests of FastFreeze's daemon, each answered with a line of text when it is done.</summary>
internal static class FastFreezeEndpoints
{
    private const string TextType = "text/plain";
    private const string FileScheme = "file:";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.FastFreezeCheckpoints, CheckpointAsync).Accepts<FastFreezeCheckpoint>("application/json").Produces<string>(200, TextType).WithSummary("A snapshot, as FastFreeze's clients ask for it.");
        routes.MapPost(Routes.FastFreezeRuns, RunAsync).Accepts<FastFreezeRun>("application/json").Produces<string>(200, TextType).WithSummary("Goes on from a snapshot, or starts, as FastFreeze's clients ask for it.");
    }

    private static async Task CheckpointAsync(HttpContext context, ClusterFacade cluster, NodeService node, string app, string machine)
    {
        node.CheckMachine(app, machine);
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.FastFreezeCheckpoint, new FastFreezeCheckpoint());
        RefuseImage(request.PassphraseFile, request.PreservedPaths, request.Envs);
        string? path = PathOf(request.ImageUrl);
        if (path is not null)
        {
            NodeService.CheckSnapshotFile(path);
        }

        var last = await ActAsync(cluster, app, machine, "checkpoint", new ActionRequest { LeaveRunning = request.LeaveRunning });
        string snapshot = last.Checkpoint!.Snapshot!;
        if (path is not null)
        {
            await node.MoveSnapshotToFileAsync(snapshot, path);
        }

        await context.Response.WriteAsync($"{machine} is in {request.ImageUrl ?? $"snapshot {snapshot}"}\n", context.RequestAborted);
    }

    private static async Task RunAsync(HttpContext context, ClusterFacade cluster, NodeService node, string app, string machine)
    {
        node.CheckMachine(app, machine);
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.FastFreezeRun, new FastFreezeRun());
        Refuse("app_args", request.AppArgs, "what a machine runs stands in its Compose file");
        Refuse("on_app_ready", request.OnAppReady, "say it in the Compose file: x-figment: { after-restore }");
        Refuse("leave_stopped", request.LeaveStopped ? "true" : null, "a machine that comes back goes on");
        RefuseImage(request.PassphraseFile, request.PreservedPaths, request.Envs);
        string? path = PathOf(request.ImageUrl);
        string? from = request.NoRestore ? null : await RestoreAsync(context, cluster, node, app, machine, path, request.AllowBadImage);
        if (from is null)
        {
            await ActAsync(cluster, app, machine, "start", new ActionRequest());
        }

        await context.Response.WriteAsync($"{machine} {(from is null ? "has started from its program" : $"goes on from {from}")}\n", context.RequestAborted);
    }

    /// <returns>Null: nothing is restored, and the program is to be started.</returns>
    private static async Task<string?> RestoreAsync(HttpContext context, ClusterFacade cluster, NodeService node, string app, string machine, string? path, bool allowBad)
    {
        string? imported = null;
        try
        {
            if (path is not null)
            {
                imported = (await node.ReadSnapshotFileAsync(path, context.RequestAborted))?.Id;
            }

            if (path is not null ? imported is null : !(await node.SnapshotsAsync(context.RequestAborted)).Any(one => one.Application == app && one.Machine == machine))
            {
                return null;
            }

            var last = await ActAsync(cluster, app, machine, "restore", new ActionRequest { Snapshot = imported });
            return path is null ? $"snapshot {last.Restore!.Snapshot}" : FileScheme + path;
        }
        catch (NodeException failure) when (allowBad && failure.Code == ErrorCode.Failed)
        {
            return null;
        }
        finally
        {
            if (imported is not null)
            {
                await node.RemoveSnapshotAsync(imported, CancellationToken.None);
            }
        }
    }

    /// <summary>To its end, also if the client leaves: an image is there whole, and no snapshot is taken away while it is read.</summary>
    private static async Task<ProgressLine> ActAsync(ClusterFacade cluster, string app, string machine, string action, ActionRequest request)
    {
        var operation = await cluster.ActAsync(app, machine, action, request, force: false);
        var last = await operation.Result;
        return last.Error is { } error ? throw new NodeException(error.Code, error.Message, error.Hint) : last;
    }

    private static string? PathOf(string? url)
    {
        if (url is null)
        {
            return null;
        }

        string path = url.StartsWith(FileScheme, StringComparison.Ordinal) ? url[FileScheme.Length..] : "";
        path = path.StartsWith("///", StringComparison.Ordinal) ? path[2..] : path;
        return Path.IsPathFullyQualified(path) && !path.StartsWith("//", StringComparison.Ordinal) && !path.EndsWith('/') && !path.Contains('\0', StringComparison.Ordinal)
            ? Path.GetFullPath(path)
            : throw new NodeException(ErrorCode.InvalidRequest, $"image_url is \"{url}\": it is file: and an absolute path here", "file:/mnt/images/web-1; other stores are reached through a mounted folder");
    }

    /// <summary>What either request may say of an image.</summary>
    private static void RefuseImage(string? passphraseFile, string? preservedPaths, IReadOnlyList<string>? environment)
    {
        Refuse("passphrase_file", passphraseFile, "the node's store has a key or not: FIGMENT_SNAPSHOT_KEY");
        Refuse("preserved_paths", preservedPaths, "a snapshot has all that the machine wrote to its root, and no volumes");
        Refuse("envs", environment is [var first, ..] ? first : null, "a machine's environment stands in its Compose file");
    }

    private static void Refuse(string name, string? value, string why)
    {
        if (!string.IsNullOrEmpty(value))
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"{name} cannot be had here: {why}");
        }
    }
}
