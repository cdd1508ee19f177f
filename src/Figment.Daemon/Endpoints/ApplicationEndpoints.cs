using Figment.Api.Contract;
using Figment.Cluster;
using Figment.Daemon.Http;
using Figment.Node;
using Figment.Node.Errors;
using Figment.Node.Names;
using Figment.Node.Operations;

namespace Figment.Daemon.Endpoints;

internal static class ApplicationEndpoints
{
    /// <summary>A day: longer is a slip of the pen.</summary>
    private const long TimeoutMsMax = 24L * 60 * 60 * 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Applications, ListAsync).Produces<IReadOnlyList<ApplicationSummary>>().WithSummary("Applications of this node.");
        routes.MapGet(Routes.Application, GetAsync).Produces<ApplicationView>().WithSummary("One application.");
        routes.MapPut(Routes.Application, UpAsync).Accepts<UpRequest>("application/json").Produces<ProgressLine>(200, JsonLines.ContentType).WithSummary("Brings an application up, or changes it.");
        routes.MapDelete(Routes.Application, DownAsync).Produces<ProgressLine>(200, JsonLines.ContentType).WithSummary("Takes an application down.");
        routes.MapPost(Routes.Bill, BillAsync).Accepts<BillRequest>("application/json").Produces<BillView>().WithSummary("What an application's machines did and used, and what that costs.");
        routes.MapGet(Routes.Events, EventsAsync).Produces<EventView>(200, JsonLines.ContentType).WithSummary("Events of machines.");
    }

    private static async Task ListAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.ListAsync(context.RequestAborted), ApiJson.Default.IReadOnlyListApplicationSummary, contentType: null, context.RequestAborted);

    private static async Task GetAsync(HttpContext context, NodeService node, string app) =>
        await context.Response.WriteAsJsonAsync(await node.GetApplicationAsync(app, context.RequestAborted), ApiJson.Default.ApplicationView, contentType: null, context.RequestAborted);

    private static async Task UpAsync(HttpContext context, ClusterFacade cluster, string app)
    {
        ObjectNames.CheckApplication(app);
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.UpRequest);
        if (request.Application.Name != app)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"the path names application {app}, the body {request.Application.Name}");
        }

        if (request.WaitTimeoutMs is < 0 or > TimeoutMsMax)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"waitTimeoutMs is {request.WaitTimeoutMs}; it takes 0 to {TimeoutMsMax}");
        }

        await StreamAsync(context, await cluster.UpAsync(request));
    }

    private static async Task DownAsync(HttpContext context, ClusterFacade cluster, NodeService node, string app)
    {
        ObjectNames.CheckApplication(app);
        bool volumes = RequestQuery.Flag(context, "volumes");
        long? timeout = RequestQuery.Number(context, "timeoutMs", TimeoutMsMax);
        if (!node.Exists(app))
        {
            throw new NodeException(ErrorCode.NotFound, $"there is no application {app} on this node", "figment ls shows those that are up");
        }

        await StreamAsync(context, await cluster.DownAsync(app, volumes, timeout));
    }

    private static async Task EventsAsync(HttpContext context, NodeService node)
    {
        string? app = RequestQuery.Text(context, "app");
        var since = RequestQuery.Time(context, "since");
        bool follow = RequestQuery.Flag(context, "follow");
        if (app is not null)
        {
            // An error must be said before the stream begins.
            await node.GetApplicationAsync(app, context.RequestAborted);
        }

        await JsonLines.FollowAsync(context, cancellation => node.EventsAsync(app, since, follow, cancellation), ApiJson.Default.EventView, follow);
    }

    private static async Task BillAsync(HttpContext context, NodeService node, string app)
    {
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.BillRequest, new BillRequest());
        await context.Response.WriteAsJsonAsync(await node.BillAsync(app, request, context.RequestAborted), ApiJson.Default.BillView, contentType: null, context.RequestAborted);
    }

    /// <summary>The operation goes on if the client leaves; a later command can end it.</summary>
    private static Task StreamAsync(HttpContext context, Operation operation) =>
        JsonLines.FollowAsync(context, operation.ReadAsync, ApiJson.Default.ProgressLine, follow: true);
}
