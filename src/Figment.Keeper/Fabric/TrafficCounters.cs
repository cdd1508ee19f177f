using Figment.Linux.Errors;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>
/// Reads what machines receive and send at the bridge's ends of their interfaces, over a netlink socket kept in each router: no namespace need be entered for it, and counters go on
/// while a machine has no program. One thread.
/// </summary>
internal sealed class TrafficCounters : IDisposable
{
    private readonly Dictionary<int, RouteClient> _clients = [];
    private Dictionary<string, IReadOnlyList<InterfacePlan>> _interfaces = [];

    /// <summary>On the walk's thread.</summary>
    internal void Follow(NamespaceWalk walk, FabricPlan plan, IReadOnlyDictionary<int, Router> routers)
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

        _interfaces = plan.Machines.ToDictionary(machine => machine.Name, machine => machine.Interfaces, StringComparer.Ordinal);
    }

    internal LinkTraffic Read(string machine)
    {
        long received = 0;
        long sent = 0;
        foreach (var port in _interfaces.GetValueOrDefault(machine) ?? [])
        {
            // What the bridge's end sends the machine receives.
            if (_clients.TryGetValue(port.Network.Index, out var client) && Of(client, port.Port) is { } traffic)
            {
                received += traffic.SentBytes;
                sent += traffic.ReceivedBytes;
            }
        }

        return new LinkTraffic(received, sent);
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }

        _clients.Clear();
    }

    /// <summary>Figures are not worth a machine: what cannot be read counts nothing.</summary>
    private static LinkTraffic? Of(RouteClient client, string link)
    {
        try
        {
            return client.Traffic(link);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
