using Figment.Linux.Files;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>
/// Changes where one machine is while the application runs: see <see cref="IFabric.Place"/> for the steps. It remembers nothing that the kernel does not show, but for what the launch or
/// an earlier call said of the machine's node. One thread.
/// </summary>
internal sealed class MachineMover(Descriptor node, NamespaceFolder folder, RouterClients routers, OpenedPlugs opened, IFabricLog log)
{
    private Dictionary<string, MachinePlan> _machines = [];
    private SpanPlan? _span;

    /// <summary>Machines whose new connections go another way; null: an earlier keeper's are not known.</summary>
    private HashSet<string>? _parted;

    internal void Follow(FabricPlan plan)
    {
        if (_parted is null && plan.Span is not null)
        {
            _parted = [];
            Forget(plan.Machines.SelectMany(machine => machine.Interfaces));
            foreach (var machine in plan.Machines)
            {
                opened.Add(machine.Name);
            }
        }

        _span = plan.Span;
        _machines = plan.Machines.ToDictionary(machine => machine.Name, StringComparer.Ordinal);
    }

    internal MachinePlace PlaceOf(string name)
    {
        var machine = Find(name);
        if (machine.Node is null)
        {
            return Step(machine, "the place", () => machine.Interfaces.Any(IsPlugged)) ? MachinePlace.Plugged : MachinePlace.Here;
        }

        using var own = folder.TryOpen(name);
        return own is null ? MachinePlace.Elsewhere : MachinePlace.Held;
    }

    internal void Prepare(string name)
    {
        var machine = Find(name);
        if (machine.Node is null)
        {
            return;
        }

        Step(machine, "the namespace", () => NamespaceWalk.Run(node, walk =>
        {
            var opened = new Dictionary<int, Router>();
            try
            {
                foreach (var network in machine.Interfaces.Select(port => port.Network).DistinctBy(network => network.Index))
                {
                    opened.Add(network.Index, Router.Open(walk, folder, network));
                }

                using var builder = new MachineBuilder(walk, folder, opened);
                builder.Prepare(machine);
            }
            finally
            {
                foreach (var router in opened.Values)
                {
                    router.Dispose();
                }
            }

            return 0;
        }));
    }

    internal void PlaceNew(string name, string? peer)
    {
        var machine = Find(name);
        var span = RequireSpan(name);
        string? node = span.Place(peer, name);
        string? complaint = Step(machine, "the way of new connections", () =>
        {
            (_parted ??= []).Add(name);
            return machine.Interfaces.Select(port =>
            {
                var way = WayOf(name, port);
                using var router = OpenRouter(port);
                if (node is null)
                {
                    return NewConnections.Take(router, port.Port, port.MacAddress);
                }

                new ForwardingClient(way.Client).SetNode(way.Vxlan, port.MacAddress, span.Peers[node]);
                return NewConnections.Divert(router, port.Port);
            }).ToList().Find(said => said is not null);
        });
        if (complaint is not null)
        {
            log.Warning($"connections to {name} whose handshakes are under way when it moves will be reset, since they cannot be told from others here: {complaint}");
        }
    }

    internal void Place(string name, string? peer, bool again)
    {
        var machine = Find(name);
        var span = RequireSpan(name);
        var placed = machine with { Node = span.Place(peer, name) };
        Step(machine, "the way", () =>
        {
            var ways = machine.Interfaces.Select(port => WayOf(name, port)).ToList();
            if (placed.Node is null && ways.FirstOrDefault(way => way.Link is null) is { Port: { } missing })
            {
                throw new FabricException($"machine {name} has no interface here for network {missing.Network.Name}; it must be prepared first");
            }

            foreach (var way in ways)
            {
                if (placed.Node is null)
                {
                    Attach(way);
                }
                else
                {
                    SpanPort.Of(way.Port).Lead(way.Client, way.Vxlan, span.Peers[placed.Node]);
                    if (!again && way.Link is { Master: not 0 } link)
                    {
                        way.Client.SetMaster(link.Index, 0);
                    }
                }
            }

            return 0;
        });
        if (again && placed.Node is not null)
        {
            // It is here, as far as the launch knows.
            return;
        }

        _machines[name] = placed;
        opened.Add(name);
        if (!again && _parted?.Remove(name) == true)
        {
            Forget(machine.Interfaces);
        }
    }

    internal void Unplug(string name)
    {
        var machine = Find(name);
        if (machine.Node is { } peer)
        {
            throw new FabricException($"machine {name} is at node {peer}; only one that is here can be unplugged");
        }

        Step(machine, "the plug", () =>
        {
            var plugged = machine.Interfaces.Where(IsPlugged).Select(port => WayOf(name, port)).ToList();
            using (var own = folder.TryOpen(name))
            {
                if (own is null && plugged.Count > 0)
                {
                    throw new FabricException($"machine {name} has no network namespace at {folder.FileOf(name)}; run up again");
                }

                // A box that was killed may have shut it alone.
                if (own is null || (!MachinePlug.OpenOwn(own) && plugged.Count == 0))
                {
                    return 0;
                }
            }

            // The bridge's end last: as long as it is plugged the machine counts as plugged, and a next keeper does all of this again.
            foreach (var way in plugged)
            {
                WarnOfLoss(name, way);
                SpanPort.Of(way.Port).AnswerItself(way.Client, way.Vxlan);
                MachinePlug.Open(way.Client, way.Link!.Index);
            }

            opened.Add(name);
            return 0;
        });
    }

    internal bool RemoveIdlePlugs()
    {
        bool isLeft = false;
        FabricBuilder.Step("plugs that were opened", "tc qdisc show", () => isLeft = opened.Remove(_machines));
        return isLeft;
    }

    internal void Release(string name)
    {
        var machine = Find(name);
        if (machine.Node is null)
        {
            throw new FabricException($"machine {name} is here; only the namespace of one that is elsewhere can be released");
        }

        Step(machine, "the removal", () =>
        {
            foreach (var port in machine.Interfaces)
            {
                if (routers.Find(port.Network.Index) is { } client && client.FindLink(port.Port) is { } link)
                {
                    client.DeleteLink(link.Index, link.Name);
                }
            }

            folder.Remove(name);
            return 0;
        });
    }

    private static void Attach(Way way)
    {
        var link = way.Link!;
        if (link.Master != way.Bridge)
        {
            way.Client.SetMaster(link.Index, way.Bridge);
        }

        var port = SpanPort.Of(way.Port);
        port.Hold(way.Client, way.Vxlan, link.Index);
        if (PlugOf(way.Client, link.Index) is null)
        {
            port.AnswerItself(way.Client, way.Vxlan);
        }
    }

    private static QueueInfo? PlugOf(RouteClient client, int link) => new QueueClient(client).Queues().FirstOrDefault(queue => queue.LinkIndex == link && queue.IsPlugged);

    private bool IsPlugged(InterfacePlan port) => routers.Find(port.Network.Index) is { } client && client.FindLink(port.Port) is { } link && PlugOf(client, link.Index) is not null;

    private void WarnOfLoss(string name, Way way)
    {
        if (PlugOf(way.Client, way.Link!.Index) is { Dropped: > 0 and var dropped })
        {
            log.Warning($"{dropped} packets for {name} in network {way.Port.Network.Name} were lost, since more waited than fits while it was moved");
        }
    }

    private void Forget(IEnumerable<InterfacePlan> ports)
    {
        foreach (var behind in ports.GroupBy(port => port.Network.Index))
        {
            using var router = OpenRouter(behind.First());
            NewConnections.Forget(router, behind.Select(port => port.Port));
        }
    }

    private Descriptor OpenRouter(InterfacePlan port) =>
        folder.TryOpen(port.Network.Pin) ?? throw new FabricException($"network {port.Network.Name} has no router at {folder.FileOf(port.Network.Pin)}; run up again");

    private SpanPlan RequireSpan(string name) => _span ?? throw new FabricException($"machine {name} cannot change its place: the application has no span");

    private MachinePlan Find(string name) => _machines.GetValueOrDefault(name) ?? throw new FabricException($"the application has no machine {name}");

    private Way WayOf(string name, InterfacePlan port)
    {
        var client = routers.Find(port.Network.Index);
        return client is not null && client.FindLink(FabricNames.Bridge) is { } bridge && client.FindLink(FabricNames.Vxlan) is { } vxlan
            ? new Way(port, client, bridge.Index, vxlan.Index, client.FindLink(port.Port))
            : throw new FabricException($"machine {name}: network {port.Network.Name} has no way to other nodes here; run up again");
    }

    private T Step<T>(MachinePlan machine, string what, Func<T> action)
    {
        T result = default!;
        FabricBuilder.Step($"{what} of {machine.Name}", $"nsenter --net={folder.FileOf(machine.Name)} ip address", () => result = action());
        return result;
    }

    /// <summary>An interface with what leads to it: its router's client, the bridge, the way to the other nodes, and its port if there is one here.</summary>
    private sealed record Way(InterfacePlan Port, RouteClient Client, int Bridge, int Vxlan, LinkInfo? Link);
}
