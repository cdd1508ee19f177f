using Figment.Node.Identity;

namespace Figment.Node.Members;

/// <summary>The port that other nodes are answered at.</summary>
public interface INodePort
{
    /// <exception cref="Errors.NodeException">The address cannot be listened at.</exception>
    Task OpenAsync(MemberAddress address, NodeIdentity identity);

    Task CloseAsync();
}
