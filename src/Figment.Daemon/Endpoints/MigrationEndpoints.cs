using Figment.Api.Contract;
using Figment.Daemon.Http;
using Figment.Node.Moves;

namespace Figment.Daemon.Endpoints;

internal static class MigrationEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.Migrations, BeginAsync).Accepts<MoveRequest>("application/json").Produces<ProgressLine>(200, JsonLines.ContentType).WithSummary("Moves a machine to another node, with its connections.");
        routes.MapGet(Routes.MigrationList, ListAsync).Produces<IReadOnlyList<MoveView>>().WithSummary("Moves from this node.");
        routes.MapGet(Routes.Migration, GetAsync).Produces<MoveView>().WithSummary("One move from this node: its phases, rounds and downtime.");
        routes.MapDelete(Routes.Migration, CancelAsync).Produces(200).WithSummary("Calls a move off.");
    }

    private static async Task BeginAsync(HttpContext context, string app, string machine, MoveService moves)
    {
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.MoveRequest);
        await JsonLines.FollowAsync(context, moves.Begin(app, machine, request).ReadAsync, ApiJson.Default.ProgressLine, follow: true);
    }

    private static Task ListAsync(HttpContext context, MoveService moves) => context.Response.WriteAsJsonAsync(moves.List(), ApiJson.Default.IReadOnlyListMoveView, contentType: null, context.RequestAborted);

    private static Task GetAsync(HttpContext context, string id, MoveService moves) => context.Response.WriteAsJsonAsync(moves.Get(id), ApiJson.Default.MoveView, contentType: null, context.RequestAborted);

    private static Task CancelAsync(string id, MoveService moves)
    {
        moves.Cancel(id);
        return Task.CompletedTask;
    }
}
