using System.Threading.Channels;
using Figment.Api.Contract;
using Figment.Daemon.Http;
using Figment.Node;
using Figment.Node.Errors;

namespace Figment.Daemon.Endpoints;

internal static class ImageEndpoints
{
    /// <summary>Progress that a slow client has not read; older lines go first.</summary>
    private const int LinesMax = 1_024;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Images, ListAsync).Produces<IReadOnlyList<ImageView>>().WithSummary("Images of this node.");
        routes.MapDelete(Routes.Images, Untag).Produces(204).WithSummary("Takes a name off an image.");
        routes.MapPost(Routes.ImagesPull, PullAsync).Accepts<PullRequest>("application/json").Produces<ProgressLine>(200, JsonLines.ContentType).WithSummary("Fetches an image from its registry.");
        routes.MapPost(Routes.ImagesLoad, LoadAsync).Accepts<LoadRequest>("application/json").Produces<ProgressLine>(200, JsonLines.ContentType).WithSummary("Takes in an image from a file of the node.");
        routes.MapPost(Routes.ImagesPrune, PruneAsync).Produces<PruneView>().WithSummary("Removes images without a name.");
    }

    private static Task ListAsync(HttpContext context, NodeService node) =>
        context.Response.WriteAsJsonAsync(node.Images(), ApiJson.Default.IReadOnlyListImageView, contentType: null, context.RequestAborted);

    private static Task Untag(HttpContext context, NodeService node)
    {
        node.Untag(RequestQuery.Text(context, "reference") ?? throw new NodeException(ErrorCode.InvalidRequest, "which image? give ?reference=NAME"));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static async Task PullAsync(HttpContext context, NodeService node)
    {
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.PullRequest);
        await StreamAsync(context, (progress, cancellation) => node.PullAsync(request, progress, cancellation));
    }

    private static async Task LoadAsync(HttpContext context, NodeService node)
    {
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.LoadRequest);
        await StreamAsync(context, (progress, cancellation) => node.LoadAsync(request, progress, cancellation));
    }

    private static Task PruneAsync(HttpContext context, NodeService node) =>
        context.Response.WriteAsJsonAsync(node.Prune(), ApiJson.Default.PruneView, contentType: null, context.RequestAborted);

    /// <summary>The work ends with its client: what was fetched of an image stays for the next try.</summary>
    private static Task StreamAsync(HttpContext context, Func<IProgress<ProgressLine>, CancellationToken, Task<ProgressLine>> work) =>
        JsonLines.FollowAsync(context, cancellation => LinesAsync(work, cancellation), ApiJson.Default.ProgressLine, follow: true);

    private static async IAsyncEnumerable<ProgressLine> LinesAsync(
        Func<IProgress<ProgressLine>, CancellationToken, Task<ProgressLine>> work,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var lines = Channel.CreateBounded<ProgressLine>(new BoundedChannelOptions(LinesMax) { FullMode = BoundedChannelFullMode.DropOldest });
        var last = RunAsync(work, lines.Writer, cancellation);
        await foreach (var line in lines.Reader.ReadAllAsync(cancellation))
        {
            yield return line;
        }

        yield return await last;
    }

    private static async Task<ProgressLine> RunAsync(Func<IProgress<ProgressLine>, CancellationToken, Task<ProgressLine>> work, ChannelWriter<ProgressLine> lines, CancellationToken cancellation)
    {
        try
        {
            return await work(new Reporter(lines), cancellation);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            return JsonLines.Failure(exception);
        }
        finally
        {
            lines.TryComplete();
        }
    }

    private sealed class Reporter(ChannelWriter<ProgressLine> lines) : IProgress<ProgressLine>
    {
        public void Report(ProgressLine value) => lines.TryWrite(value);
    }
}
