using System.IO.Pipelines;
using Figment.Api.Contract;
using Figment.Daemon.Http;
using Figment.Node;
using Figment.Node.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace Figment.Daemon.Endpoints;

internal static class SnapshotEndpoints
{
    private const string BytesType = "application/octet-stream";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Snapshots, ListAsync).Produces<IReadOnlyList<SnapshotView>>().WithSummary("Snapshots of this node.");
        routes.MapDelete(Routes.Snapshots, RemoveAsync).Produces<SnapshotView>().WithSummary("Removes a snapshot.");
        routes.MapGet(Routes.SnapshotsInspect, InspectAsync).Produces<SnapshotDetail>().WithSummary("One snapshot, and what it takes.");
        routes.MapPost(Routes.SnapshotsVerify, VerifyAsync).Produces<SnapshotView>(200, JsonLines.ContentType).WithSummary("Reads and checks every page of a snapshot, or of all.");
        routes.MapPost(Routes.SnapshotsPrune, PruneAsync).Produces<SnapshotPruneView>().WithSummary("Frees what no snapshot needs.");
        routes.MapGet(Routes.SnapshotsExport, ExportAsync).Produces<Stream>(200, BytesType).WithSummary("A snapshot as one stream.");
        routes.MapPost(Routes.SnapshotsImport, ImportAsync).Accepts<Stream>(BytesType).Produces<SnapshotView>().WithSummary("Takes in an exported snapshot.");
    }

    private static async Task ListAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.SnapshotsAsync(context.RequestAborted), ApiJson.Default.IReadOnlyListSnapshotView, contentType: null, context.RequestAborted);

    private static async Task InspectAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.GetSnapshotAsync(Wanted(context), context.RequestAborted), ApiJson.Default.SnapshotDetail, contentType: null, context.RequestAborted);

    private static async Task RemoveAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.RemoveSnapshotAsync(Wanted(context), context.RequestAborted), ApiJson.Default.SnapshotView, contentType: null, context.RequestAborted);

    private static Task VerifyAsync(HttpContext context, NodeService node)
    {
        string? snapshot = RequestQuery.Text(context, "snapshot");
        return JsonLines.FollowAsync(context, cancellation => node.VerifySnapshotsAsync(snapshot, cancellation), ApiJson.Default.SnapshotView, follow: false);
    }

    private static async Task PruneAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.PruneSnapshotsAsync(context.RequestAborted), ApiJson.Default.SnapshotPruneView, contentType: null, context.RequestAborted);

    /// <summary>Ends with its client, or with the daemon: a stream without its end is noticed by whoever imports it.</summary>
    private static async Task ExportAsync(HttpContext context, NodeService node)
    {
        using var ended = Ended(context);
        string snapshot = Wanted(context);
        context.Response.ContentType = BytesType;
        await using var output = context.Response.BodyWriter.AsStream(leaveOpen: true);
        await node.ExportSnapshotAsync(snapshot, output, ended.Token);
    }

    private static async Task ImportAsync(HttpContext context, NodeService node)
    {
        using var ended = Ended(context);
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = node.SnapshotStreamBytesMax;
        var body = context.Request.BodyReader;
        await using var input = body.AsStream(leaveOpen: true);

        // Whoever waits for the next byte of a client that sends none looks at no token.
        using var left = ended.Token.Register(body.CancelPendingRead);
        try
        {
            var snapshot = await node.ImportSnapshotAsync(input, ended.Token);
            await context.Response.WriteAsJsonAsync(snapshot, ApiJson.Default.SnapshotView, contentType: null, context.RequestAborted);
        }
        catch (NodeException failure) when (failure.GetBaseException() is BadHttpRequestException bad)
        {
            // The store takes it for a file that cannot be read.
            throw new BadHttpRequestException(bad.Message, bad.StatusCode, failure);
        }
        catch (NodeException)
        {
            await DrainAsync(body, ended.Token);
            throw;
        }
    }

    /// <summary>Most clients hear an answer only when they have sent all; Kestrel closes after five seconds of it. Bounded as the body is.</summary>
    private static async Task DrainAsync(PipeReader body, CancellationToken cancellation)
    {
        try
        {
            ReadResult read;
            do
            {
                read = await body.ReadAsync(cancellation);
                body.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted && !read.IsCanceled);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client has gone, or sends too much: what is told is why nothing was imported.
        }
    }

    private static string Wanted(HttpContext context) =>
        RequestQuery.Text(context, "snapshot") ?? throw new NodeException(ErrorCode.InvalidRequest, "which snapshot? give ?snapshot=ID");

    private static CancellationTokenSource Ended(HttpContext context) =>
        CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
}
