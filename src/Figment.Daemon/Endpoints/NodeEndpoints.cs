using Figment.Api.Contract;
using Figment.Daemon.Http;
using Figment.Node.Errors;
using Figment.Node.Members;

namespace Figment.Daemon.Endpoints;

internal static class NodeEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Nodes, ListAsync).Produces<IReadOnlyList<NodeView>>().WithSummary("Nodes of the cluster, each asked now.");
        routes.MapDelete(Routes.Node, RemoveAsync).Produces(200).WithSummary("Takes a node out of the cluster.");
        routes.MapPost(Routes.NodesInit, InitAsync).Accepts<NodeInitRequest>("application/json").Produces<NodeView>().WithSummary("Begins a cluster.");
        routes.MapPost(Routes.NodesTokens, TokenAsync).Accepts<NodeTokenRequest>("application/json").Produces<NodeTokenView>().WithSummary("A token for one further node.");
        routes.MapPost(Routes.NodesJoin, JoinAsync).Accepts<NodeJoinRequest>("application/json").Produces<NodeView>().WithSummary("Joins another node's cluster.");
        routes.MapPost(Routes.NodesLeave, LeaveAsync).Produces(200).WithSummary("Leaves the cluster.");
    }

    private static async Task ListAsync(HttpContext context, Membership membership) =>
        await context.Response.WriteAsJsonAsync(await membership.ListAsync(context.RequestAborted), ApiJson.Default.IReadOnlyListNodeView, contentType: null, context.RequestAborted);

    private static Task RemoveAsync(HttpContext context, string node, Membership membership) => membership.RemoveAsync(node, context.RequestAborted);

    private static async Task InitAsync(HttpContext context, Membership membership)
    {
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.NodeInitRequest, new NodeInitRequest());
        var node = await membership.InitAsync(Address(request.Address), context.RequestAborted);
        await context.Response.WriteAsJsonAsync(node, ApiJson.Default.NodeView, contentType: null, context.RequestAborted);
    }

    private static async Task TokenAsync(HttpContext context, Membership membership)
    {
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.NodeTokenRequest, new NodeTokenRequest());
        if (request.LifetimeSeconds is < 1 or > NodeTokenRequest.LifetimeSecondsMax)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"a token cannot be good for {request.LifetimeSeconds} s", $"1 to {NodeTokenRequest.LifetimeSecondsMax} s");
        }

        var token = membership.GiveToken(TimeSpan.FromSeconds(request.LifetimeSeconds));
        await context.Response.WriteAsJsonAsync(token, ApiJson.Default.NodeTokenView, contentType: null, context.RequestAborted);
    }

    private static async Task JoinAsync(HttpContext context, Membership membership)
    {
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.NodeJoinRequest);
        var node = await membership.JoinAsync(request.To, request.Token, Address(request.Address), context.RequestAborted);
        await context.Response.WriteAsJsonAsync(node, ApiJson.Default.NodeView, contentType: null, context.RequestAborted);
    }

    private static Task LeaveAsync(HttpContext context, Membership membership) => membership.LeaveAsync(RequestQuery.Flag(context, "force"), context.RequestAborted);

    private static MemberAddress? Address(string? text) => text is null ? null : MemberAddress.Parse(text);
}
