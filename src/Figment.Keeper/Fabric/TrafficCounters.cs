using Figment.Linux.Errors;
using Figment.Linux.Netlink;

namespace Figment.Keeper.Fabric;

/// <summary>Reads what machines receive and send at the bridge's ends of their interfaces, whose counters go on while a machine has no program. One thread.</summary>
internal sealed class TrafficCounters(RouterClients routers)
{
    private Dictionary<string, IReadOnlyList<InterfacePlan>> _interfaces = [];

    internal void Follow(FabricPlan plan) =>
        _interfaces = plan.Machines.ToDictionary(machine => machine.Name, machine => machine.Interfaces, StringComparer.Ordinal);

    internal LinkTraffic Read(string machine)
    {
        long received = 0;
        long sent = 0;
        foreach (var port in _interfaces.GetValueOrDefault(machine) ?? [])
        {
            // What the bridge's end sends the machine receives.
            if (routers.Find(port.Network.Index) is { } client && Of(client, port.Port) is { } traffic)
            {
                received += traffic.SentBytes;
                sent += traffic.ReceivedBytes;
            }
        }

        return new LinkTraffic(received, sent);
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
