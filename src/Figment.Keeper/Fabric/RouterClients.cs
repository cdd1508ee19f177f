using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>A netlink socket kept in each router: what is asked or changed there often, or in a hurry, needs no thread that enters the namespace first. One thread.</summary>
internal sealed class RouterClients : IDisposable
{
    private readonly Dictionary<int, RouteClient> _clients = [];

    /// <summary>Of a network by its index; null before its router is made.</summary>
    internal RouteClient? Find(int network) => _clients.GetValueOrDefault(network);

    /// <summary>On the walk's thread.</summary>
    internal void Follow(NamespaceWalk walk, IReadOnlyDictionary<int, Router> routers)
    {
        foreach (int index in _clients.Keys.Where(index => !routers.TryGetValue(index, out var router) || router.IsFresh).ToList())
        {
            _clients[index].Dispose();
            _clients.Remove(index);
        }

        foreach (var (index, router) in routers.Where(router => !_clients.ContainsKey(router.Key)))
        {
            walk.Enter(router.Namespace);
            _clients.Add(index, new RouteClient());
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }

        _clients.Clear();
    }
}
