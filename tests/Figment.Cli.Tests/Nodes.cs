using Figment.Api.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Figment.Cli.Tests;

/// <summary>The daemon's answers about its cluster: itself, a node that answers and one that does not.</summary>
internal static class Nodes
{
    private static readonly NodeView A = new() { Name = "a", Address = "192.0.2.7:7473", Since = Daemon.At.AddDays(-40), HasAuthority = true, IsThis = true, Version = "0.1.0" };

    private static readonly NodeView[] All =
    [
        A,
        new() { Name = "b", Address = "192.0.2.8:7473", Since = Daemon.At.AddHours(-3), Version = "0.1.0" },
        new() { Name = "node-3", Address = "192.0.2.9:9000", Since = Daemon.At.AddMinutes(-5), Complaint = "node-3 does not answer within 3 s" },
    ];

    public static void Map(WebApplication web)
    {
        web.MapGet(Routes.Nodes, context => context.Response.WriteAsJsonAsync(All, ApiJson.Default.IReadOnlyListNodeView));
        web.MapDelete(Routes.Node, context => Task.CompletedTask);
        web.MapPost(Routes.NodesInit, context => context.Response.WriteAsJsonAsync(A, ApiJson.Default.NodeView));
        web.MapPost(Routes.NodesTokens, TokenAsync);
        web.MapPost(Routes.NodesJoin, JoinAsync);
        web.MapPost(Routes.NodesLeave, context => Task.CompletedTask);
        web.MapPost(Routes.Migrations, Moves.AnswerAsync);
    }

    private static async Task TokenAsync(HttpContext context)
    {
        var asked = await context.Request.ReadFromJsonAsync(ApiJson.Default.NodeTokenRequest);
        await context.Response.WriteAsJsonAsync(
            new NodeTokenView { Token = "e7c2.5ec3e7.f1", Address = A.Address, Expires = Daemon.At.AddSeconds(asked!.LifetimeSeconds) },
            ApiJson.Default.NodeTokenView);
    }

    /// <summary>Named after the token that was shown.</summary>
    private static async Task JoinAsync(HttpContext context)
    {
        var asked = await context.Request.ReadFromJsonAsync(ApiJson.Default.NodeJoinRequest);
        await context.Response.WriteAsJsonAsync(A with { Name = asked!.Token, Address = $"{asked.Address ?? "default"} of {asked.To}" }, ApiJson.Default.NodeView);
    }
}
