using Figment.Api.Contract;

namespace Figment.Api.Client;

/// <content>Nodes of the cluster.</content>
public sealed partial class FigmentClient
{
    /// <summary>Empty: the node belongs to none.</summary>
    public Task<IReadOnlyList<NodeView>> GetNodesAsync(CancellationToken cancellationToken) => GetAsync(Routes.Nodes, ApiJson.Default.IReadOnlyListNodeView, cancellationToken);

    public async Task<NodeView> InitNodeAsync(NodeInitRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post, Routes.NodesInit, Json(request, ApiJson.Default.NodeInitRequest), upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.NodeView, cancellationToken).ConfigureAwait(false);
    }

    public async Task<NodeTokenView> GiveTokenAsync(NodeTokenRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post, Routes.NodesTokens, Json(request, ApiJson.Default.NodeTokenRequest), upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.NodeTokenView, cancellationToken).ConfigureAwait(false);
    }

    public async Task<NodeView> JoinNodeAsync(NodeJoinRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post, Routes.NodesJoin, Json(request, ApiJson.Default.NodeJoinRequest), upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.NodeView, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="force">Also if others need its authority.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LeaveNodesAsync(bool force, CancellationToken cancellationToken)
    {
        string path = RoutePath.WithQuery(Routes.NodesLeave, ("force", force));
        using var response = await SendAsync(HttpMethod.Post, path, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveNodeAsync(string node, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, RoutePath.Of(Routes.Node, node: node), null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }
}
