using Figment.Linux.Files;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>A network's router while the fabric is being made: its namespace, a client in it and what it holds.</summary>
internal sealed class Router(NetworkPlan network, Descriptor @namespace, RouteClient client, bool isFresh) : IDisposable
{
    public NetworkPlan Network { get; } = network;

    public Descriptor Namespace { get; } = @namespace;

    public RouteClient Client { get; } = client;

    /// <summary>Its namespace was made just now: sockets of an earlier one serve nobody.</summary>
    public bool IsFresh { get; } = isFresh;

    public int Bridge { get; set; }

    /// <summary>Links by name as they were when the router was looked at; ports made since are not among them.</summary>
    public Dictionary<string, LinkInfo> Links { get; set; } = [];

    /// <summary>One that is pinned, as it is.</summary>
    /// <exception cref="FabricException">It is not.</exception>
    internal static Router Open(NamespaceWalk walk, NamespaceFolder folder, NetworkPlan network)
    {
        var pinned = folder.TryOpen(network.Pin) ?? throw new FabricException($"network {network.Name} has no router at {folder.FileOf(network.Pin)}; run up again");
        Router router;
        try
        {
            walk.Enter(pinned);
            router = new Router(network, pinned, new RouteClient(), isFresh: false);
        }
        catch
        {
            pinned.Dispose();
            throw;
        }

        try
        {
            router.Links = router.Client.Links().ToDictionary(link => link.Name, StringComparer.Ordinal);
            router.Bridge = router.Links.GetValueOrDefault(FabricNames.Bridge)?.Index ?? throw new FabricException($"network {network.Name} has no bridge in {folder.FileOf(network.Pin)}; run up again");
            return router;
        }
        catch
        {
            router.Dispose();
            throw;
        }
    }

    /// <summary>Names of the ports that machines have or shall have.</summary>
    public HashSet<string> Wanted { get; } = [];

    public void Dispose()
    {
        Client.Dispose();
        Namespace.Dispose();
    }
}
