using Figment.Node;
using Figment.Node.Errors;
using Orleans.Runtime.Services;
using ErrorCode = Figment.Api.Contract.ErrorCode;

namespace Figment.Cluster.Agents;

/// <summary>Finds a node's agent: silos carry their node's name.</summary>
internal sealed class NodeAgents(IServiceProvider services, IClusterMembershipService membership, NodeOptions options) : GrainServiceClient<INodeAgent>(services)
{
    /// <summary>This node's name.</summary>
    public string Own => options.NodeName;

    public bool IsAlive(string node) => Find(node) is not null;

    /// <exception cref="NodeException">The node is not in the cluster now.</exception>
    public INodeAgent Of(string node) =>
        Find(node) is { } address ? GetGrainService(address) : throw new NodeException(ErrorCode.Unavailable, $"node {node} is not in the cluster at this moment", "start figmentd on it");

    private SiloAddress? Find(string node) =>
        membership.CurrentSnapshot.Members.Values.FirstOrDefault(member => member.Name == node && member.Status == SiloStatus.Active)?.SiloAddress;
}
