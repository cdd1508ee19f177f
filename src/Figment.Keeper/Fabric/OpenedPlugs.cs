using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>
/// Plugs that were opened after a move. Each is a queue with a lock where there was none, and what is sent while the kernel takes one away is lost: they go from machines that nothing is sent to or by. One thread.
/// </summary>
internal sealed class OpenedPlugs(NamespaceFolder folder, RouterClients routers, TrafficCounters counters)
{
    /// <summary>By machine, what had been sent when it was last looked at.</summary>
    private readonly Dictionary<string, LinkTraffic?> _seen = new(StringComparer.Ordinal);

    /// <summary>It has some, perhaps.</summary>
    internal void Add(string machine) => _seen[machine] = null;

    /// <summary>Takes them from machines that have been quiet since the last time. What waits in a plug keeps it, and one that is shut is a move's.</summary>
    /// <param name="machines">The plan's.</param>
    /// <returns>Some have not been quiet.</returns>
    internal bool Remove(IReadOnlyDictionary<string, MachinePlan> machines)
    {
        foreach (var (name, seen) in _seen.ToList())
        {
            var now = counters.Read(name);
            if (!machines.TryGetValue(name, out var machine) || machine.Node is not null)
            {
                _seen.Remove(name);
            }
            else if (seen != now)
            {
                _seen[name] = now;
            }
            else
            {
                _seen.Remove(name);
                Remove(machine);
            }
        }

        return _seen.Count > 0;
    }

    private void Remove(MachinePlan machine)
    {
        using (var own = folder.TryOpen(machine.Name))
        {
            if (own is null)
            {
                return;
            }

            NamespaceThread.Run(own, NamespaceKind.Network, () =>
            {
                using var client = new RouteClient();
                Remove(client, _ => true);
                return 0;
            });
        }

        foreach (var ports in machine.Interfaces.GroupBy(port => port.Network.Index))
        {
            if (routers.Find(ports.Key) is { } client)
            {
                var links = ports.Select(port => client.FindLink(port.Port)?.Index).ToHashSet();
                Remove(client, link => links.Contains(link));
            }
        }
    }

    private static void Remove(RouteClient client, Func<int, bool> isMeant)
    {
        var queues = new QueueClient(client);
        foreach (var queue in queues.Queues().Where(queue => queue is { IsPlugged: false, Waiting: 0 } && isMeant(queue.LinkIndex)))
        {
            queues.Remove(queue.LinkIndex);
        }
    }
}
