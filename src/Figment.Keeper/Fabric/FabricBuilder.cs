using System.Net;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>Makes the kernel's part of a plan so, in order: routers, machines, what is named no more. Runs on a walk's thread that starts in the node's namespace.</summary>
internal sealed class FabricBuilder(NamespaceWalk walk, Descriptor node, NamespaceFolder folder, RouterClients kept, IFabricLog log) : IDisposable
{
    private readonly Dictionary<int, Router> _routers = [];
    private readonly RouteClient _node = new();

    internal IReadOnlyDictionary<int, Router> Routers => _routers;

    internal void Build(FabricPlan plan)
    {
        Step("the folder of pinned namespaces", "it needs root, and a kernel with network namespaces", folder.Prepare);
        if (plan.IsHome)
        {
            Step("forwarding on the node", "sysctl -w net.ipv4.ip_forward=1", EnableForwarding);
        }

        RemoveUnnamedLinks(_node, plan.Tag, [.. plan.Networks.Where(network => network.HasUplink).Select(network => network.UplinkName)]);
        var named = plan.Networks.Select(network => network.Pin).Concat(plan.Machines.Select(machine => machine.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (string name in folder.Names().Where(name => !named.Contains(name) && FabricNames.IsRouter(name)))
        {
            Step($"the removal of {name}", $"umount -l {folder.FileOf(name)}", () => SpanBuilder.Remove(walk, folder, name));
        }

        var routerBuilder = new RouterBuilder(walk, folder, _node, plan.Tag);
        foreach (var network in plan.Networks)
        {
            Step($"network {network.Name}", $"ip route get {network.Gateway}", () => _routers.Add(network.Index, routerBuilder.Ensure(network)));
        }

        var spanBuilder = new SpanBuilder(walk, _node, plan);
        Step("the removal of old ways to other nodes", $"ls {folder.FileOf("*")}", () => spanBuilder.RemoveUnwanted(_routers, kept));
        BuildMachines(plan);
        foreach (var router in _routers.Values)
        {
            Step($"the way of network {router.Network.Name} to other nodes", $"nsenter --net={folder.FileOf(router.Network.Pin)} bridge fdb", () => spanBuilder.Ensure(router));
        }

        bool left = false;
        foreach (var router in _routers.Values)
        {
            Step($"network {router.Network.Name}", $"nsenter --net={folder.FileOf(router.Network.Pin)} ip link", () => left |= RouterBuilder.RemoveUnwanted(router));
        }

        if (left)
        {
            Forget(plan);
        }

        foreach (string name in folder.Names().Where(name => !named.Contains(name)))
        {
            Step($"the removal of {name}", $"umount -l {folder.FileOf(name)}", () => folder.Remove(name));
        }

        walk.Enter(node);
    }

    /// <summary>Removes the node's ends of this application's uplinks but for those named; what lies behind them loses its way.</summary>
    internal static void RemoveUnnamedLinks(RouteClient client, string tag, IReadOnlyCollection<string> named)
    {
        string prefix = FabricNames.UplinkPrefixOf(tag);
        foreach (var link in client.Links().Where(link => link.Kind == "veth" && link.Name.StartsWith(prefix, StringComparison.Ordinal) && !named.Contains(link.Name)))
        {
            client.DeleteLink(link.Index, link.Name);
        }
    }

    /// <summary>Runs a step; what fails says of which object.</summary>
    internal static void Step(string what, string command, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new FabricException($"{what} could not be made: {exception.Message}; try: {command}", exception);
        }
    }

    public void Dispose()
    {
        foreach (var router in _routers.Values)
        {
            router.Dispose();
        }

        _node.Dispose();
    }

    private void BuildMachines(FabricPlan plan)
    {
        using var builder = new MachineBuilder(walk, folder, _routers);
        foreach (var machine in plan.Machines)
        {
            Step($"the network namespace of {machine.Name}", $"nsenter --net={folder.FileOf(machine.Name)} ip address", () =>
            {
                if (machine.Node is null)
                {
                    builder.Ensure(machine);
                }
                else
                {
                    builder.Keep(machine);
                }
            });
        }
    }

    /// <summary>
    /// Who learned the address of a machine that left would send to nobody for half a minute, and a program that keeps a list of addresses (nginx does) would wait as long
    /// before it tries the next. Forgotten, it hears after three seconds that there is no such host.
    /// </summary>
    private void Forget(FabricPlan plan)
    {
        var known = plan.Machines.SelectMany(machine => machine.Interfaces).SelectMany(port => new[] { port.Address, port.Ipv6Address })
            .Concat(plan.Networks.SelectMany(network => new[] { network.Gateway, network.Ipv6Gateway }))
            .OfType<IPAddress>()
            .ToHashSet();
        foreach (var machine in plan.Machines)
        {
            Step($"the neighbours of {machine.Name}", $"nsenter --net={folder.FileOf(machine.Name)} ip neighbour flush all", () =>
            {
                using var own = folder.TryOpen(machine.Name);
                if (own is not null)
                {
                    walk.Enter(own);
                    using var client = new RouteClient();
                    Forget(plan, client, known);
                }
            });
        }

        foreach (var router in _routers.Values)
        {
            Step($"the neighbours of network {router.Network.Name}", $"nsenter --net={folder.FileOf(router.Network.Pin)} ip neighbour flush all", () => Forget(plan, router.Client, known));
        }
    }

    /// <summary>What lies outside the plan's networks is none of ours: the router's neighbour on its uplink.</summary>
    private static void Forget(FabricPlan plan, RouteClient client, HashSet<IPAddress> known)
    {
        foreach (var neighbor in client.Neighbors().Where(neighbor => !known.Contains(neighbor.Address) && plan.Networks.Any(network => network.Holds(neighbor.Address))))
        {
            client.DeleteNeighbor(neighbor);
        }
    }

    private void EnableForwarding()
    {
        const string Forwarding = "ipv4/ip_forward";
        if (KernelSetting.Read(Forwarding) == "0")
        {
            KernelSetting.Write(Forwarding, "1");
            log.Information("net.ipv4.ip_forward of the node was 0 and is now 1: machines need it to reach anything outside their network, and it stays on after them");
        }
    }
}
