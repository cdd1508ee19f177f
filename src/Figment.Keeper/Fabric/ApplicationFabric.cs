using System.ComponentModel;
using System.Net;
using Figment.Keeper.Dns;
using Figment.Keeper.Gateways;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;
using Figment.Linux.Splicing;
using Figment.Model.Launch;

namespace Figment.Keeper.Fabric;

/// <summary>
/// An application's networks. The node is the network namespace of the thread that makes this object. What it makes in the kernel follows from the launch alone and is looked at
/// before it is changed, so a keeper that was killed at any point is followed by one that goes on from there.
/// </summary>
internal sealed class ApplicationFabric : IFabric
{
    private const string NamespaceFolderName = "netns";
    private const string TagFileName = "fabric.tag";

    private readonly Descriptor _node = NamespaceThread.OpenOwn(NamespaceKind.Network);
    private readonly NamespaceFolder _folder;
    private readonly string _tagFile;
    private readonly TimeProvider _time;
    private readonly IFabricLog _log;

    /// <summary>Networks whose DNS server runs, with the addresses it is bound to.</summary>
    private readonly Dictionary<int, (IPAddress Gateway, IPAddress? Ipv6Gateway)> _served = [];

    /// <summary>Held while the node's rules are looked at or changed.</summary>
    private readonly Lock _firewall = new();

    private readonly RouterClients _routers = new();
    private readonly TrafficCounters _counters;
    private readonly MachineMover _mover;

    private Dictionary<IPAddress, string> _machines = [];
    private FabricPlan? _plan;

    /// <summary>The same before <see cref="Lead"/>: published ports lead to all machines.</summary>
    private FabricPlan? _whole;

    /// <summary>Machines that published ports lead to, by service, where these are not all.</summary>
    private readonly Dictionary<string, IReadOnlyList<string>> _led = new(StringComparer.Ordinal);
    private bool _holdsClients;
    private Services? _services;

    /// <param name="runtimeDirectory">The application's folder below the runtime folder; pinned namespaces are kept in <c>netns</c> in it.</param>
    /// <param name="time">For time-outs of DNS and relays.</param>
    /// <param name="log">For what the user should know.</param>
    internal ApplicationFabric(string runtimeDirectory, TimeProvider time, IFabricLog log)
    {
        _folder = new NamespaceFolder(Path.Combine(runtimeDirectory, NamespaceFolderName));
        _tagFile = Path.Combine(runtimeDirectory, TagFileName);
        _time = time;
        _log = log;
        _counters = new TrafficCounters(_routers);
        _mover = new MachineMover(_node, _folder, _routers, new OpenedPlugs(_folder, _routers, _counters), log);
    }

    public void Apply(ApplicationLaunch launch)
    {
        ObjectDisposedException.ThrowIf(_node.IsClosed, this);
        var whole = FabricPlan.Of(launch);
        FabricPlan plan;
        lock (_firewall)
        {
            foreach (string gone in _led.Keys.Where(service => whole.Services.All(other => other.Name != service)).ToArray())
            {
                _led.Remove(gone);
            }

            plan = whole.Lead(_led);
        }

        foreach (string warning in plan.Warnings)
        {
            _log.Warning(warning);
        }

        // First of all, so that a removal after a crash knows what to look for.
        FabricBuilder.Step("the note of the application's tag", $"ls -l {_tagFile}", () => File.WriteAllText(_tagFile, plan.Tag));
        _services ??= new Services(_node, _time, _log, RepairFirewall);
        NamespaceWalk.Run(_node, walk =>
        {
            _services.Ports.Apply(plan.Published);
            using var builder = new FabricBuilder(walk, _node, _folder, _routers, _log);
            builder.Build(plan);
            ServeNames(walk, plan, builder.Routers);
            _routers.Follow(walk, builder.Routers);
            _counters.Follow(plan);
            _mover.Follow(plan);
            if (!_holdsClients)
            {
                _services.Ports.Serve();
            }

            walk.Enter(_node);
            lock (_firewall)
            {
                _services.Rules.Deafly(() =>
                {
                    var firewall = new NodeFirewall(plan.Tag, _log);
                    if (plan.IsHome)
                    {
                        firewall.Apply(plan);
                    }
                    else
                    {
                        firewall.Remove();
                    }
                });
                (_whole, _plan) = (whole, plan);
            }

            return plan;
        });
        _machines = plan.Machines
            .SelectMany(machine => machine.Interfaces.SelectMany(port => port.Ipv6Address is { } ipv6 ? new[] { port.Address, ipv6 } : [port.Address]).Select(address => (address, machine.Name)))
            .ToDictionary(one => one.address, one => one.Name);
    }

    public void HoldClients() => _holdsClients = true;

    public void ServeClients()
    {
        _holdsClients = false;
        _services?.Ports.Serve();
    }

    public void Lead(string service, IReadOnlyList<string> machines)
    {
        bool isPublished;
        lock (_firewall)
        {
            _led[service] = machines;
            var names = _plan?.Machines.Where(machine => machine.Service == service).Select(machine => machine.Name).ToHashSet(StringComparer.Ordinal) ?? [];
            isPublished = _plan?.Published.Any(port => port.Machines.Any(names.Contains)) == true;
        }

        if (isPublished)
        {
            // nft takes 10 to 20 ms, in which the keeper has others to serve.
            ThreadPool.QueueUserWorkItem(_ => LeadPublished());
        }
    }

    public Descriptor OpenMachine(string machine) =>
        _folder.TryOpen(machine) ?? throw new FabricException($"machine {machine} has no network namespace at {_folder.FileOf(machine)}; run up again");

    public string? MachineAt(IPAddress address) => _machines.GetValueOrDefault(address);

    public IPEndPoint OriginOf(IPEndPoint peer)
    {
        if (_services is not { Loop: var loop } || _plan?.Networks.Any(network => network.UplinkNode.Equals(peer.Address)) != true)
        {
            return peer;
        }

        if (loop.Origins.Find(peer) is { } client)
        {
            return client;
        }

        // The machine may have been reached before the gateway, which learns the address by connecting, has noted it.
        loop.Invoke(() => { });
        return loop.Origins.Find(peer) ?? peer;
    }

    public LinkTraffic Traffic(string machine) => _counters.Read(machine);

    public MachinePlace PlaceOf(string machine) => _mover.PlaceOf(machine);

    public void Prepare(string machine) => _mover.Prepare(machine);

    public void PlaceNew(string machine, string? node) => _mover.PlaceNew(machine, node);

    public void Place(string machine, string? node, bool again = false) => _mover.Place(machine, node, again);

    public void Unplug(string machine) => _mover.Unplug(machine);

    public bool RemoveIdlePlugs() => _mover.RemoveIdlePlugs();

    public void Release(string machine) => _mover.Release(machine);

    public void Remove()
    {
        ObjectDisposedException.ThrowIf(_node.IsClosed, this);
        StopServices();
        _routers.Dispose();
        string? tag = File.Exists(_tagFile) ? File.ReadAllText(_tagFile) : null;
        NamespaceWalk.Run(_node, walk =>
        {
            if (tag is not null)
            {
                FabricBuilder.Step("the removal of the uplinks", $"ip link show | grep {FabricNames.UplinkPrefixOf(tag)}", () =>
                {
                    using var client = new RouteClient();
                    FabricBuilder.RemoveUnnamedLinks(client, tag, []);
                });
                new NodeFirewall(tag, _log).Remove();
            }

            foreach (string router in _folder.Names().Where(FabricNames.IsRouter))
            {
                FabricBuilder.Step($"the removal of {router}", $"umount -l {_folder.FileOf(router)}", () => SpanBuilder.Remove(walk, _folder, router));
            }

            FabricBuilder.Step("the removal of the pinned namespaces", $"umount -l {_folder.FileOf("*")}", _folder.RemoveAll);
            return 0;
        });
        _machines = [];
        File.Delete(_tagFile);
    }

    public void Dispose()
    {
        StopServices();
        _routers.Dispose();
        _node.Dispose();
    }

    /// <summary>Runs a DNS server on each gateway; on none any more of networks that are gone.</summary>
    private void ServeNames(NamespaceWalk walk, FabricPlan plan, IReadOnlyDictionary<int, Router> routers)
    {
        var (loop, dns) = (_services!.Loop, _services.Dns);
        var zone = new DnsZone(plan);
        loop.Invoke(() => dns.SetZone(zone, plan.UpstreamDns));
        foreach (int index in _served.Keys.Where(index => !routers.TryGetValue(index, out var router) || router.IsFresh || !router.Network.HasGateway || _served[index] != Gateways(router.Network)).ToArray())
        {
            loop.Invoke(() => dns.Remove(index));
            _served.Remove(index);
        }

        foreach (var router in routers.Values.Where(router => router.Network.HasGateway && !_served.ContainsKey(router.Network.Index)))
        {
            var network = router.Network;
            FabricBuilder.Step($"the DNS server of network {network.Name}", $"nsenter --net={_folder.FileOf(network.Pin)} ss -lnp sport = :53", () =>
            {
                walk.Enter(router.Namespace);
                foreach (var address in new[] { network.Gateway, network.Ipv6Gateway }.OfType<IPAddress>())
                {
                    var endPoint = new IPEndPoint(address, DnsServer.Port);
                    var datagrams = NetworkSocket.Bind(endPoint, SocketKind.Datagram, 0);
                    var connections = NetworkSocket.Bind(endPoint, SocketKind.Stream, DnsServer.ConnectionsMax);
                    loop.Invoke(() => dns.Add(network.Index, datagrams, connections));
                }

                _served.Add(network.Index, Gateways(network));
            });
        }
    }

    private static (IPAddress Gateway, IPAddress? Ipv6Gateway) Gateways(NetworkPlan network) => (network.Gateway, network.Ipv6Gateway);

    /// <summary>On a pool thread: as of now, whichever change it was begun for.</summary>
    private void LeadPublished()
    {
        lock (_firewall)
        {
            if (_plan is not { IsHome: true } plan || _whole is not { } whole || _services is not { } services)
            {
                return;
            }

            var led = whole.Lead(_led);
            if (led.Published.Zip(plan.Published).All(pair => pair.First.Targets.SequenceEqual(pair.Second.Targets)))
            {
                return;
            }

            try
            {
                services.Ports.Lead(led.Published);
                NamespaceWalk.Run(_node, _ =>
                {
                    services.Rules.Deafly(() => new NodeFirewall(led.Tag, _log).Apply(led));
                    return 0;
                });
                _plan = led;
            }
            catch (Exception exception) when (exception is FabricException or LinuxException or IOException or Win32Exception)
            {
                _log.Warning($"published ports lead where they did: {exception.Message}");
            }
        }
    }

    /// <summary>On any thread, a little after somebody changed rules of the node.</summary>
    private void RepairFirewall()
    {
        lock (_firewall)
        {
            if (_plan is not { IsHome: true } plan)
            {
                return;
            }

            try
            {
                NamespaceWalk.Run(_node, _ =>
                {
                    new NodeFirewall(plan.Tag, _log).Repair(plan);
                    return 0;
                });
            }
            catch (Exception exception) when (exception is FabricException or LinuxException or IOException or Win32Exception)
            {
                _log.Warning($"the node's rules were changed and could not be mended: {exception.Message}");
            }
        }
    }

    private void StopServices()
    {
        lock (_firewall)
        {
            _plan = null;
        }

        _services?.Dispose();
        _services = null;
        _served.Clear();
    }

    /// <summary>What runs in this process.</summary>
    private sealed class Services : IDisposable
    {
        internal Services(Descriptor node, TimeProvider time, IFabricLog log, Action rulesChanged)
        {
            Loop = new NetworkLoop(node, time, log);
            Rules = new RulesBell(Loop, rulesChanged);
            Dns = new DnsServer(Loop);
            Ports = new PublishedPorts(Loop);
        }

        internal NetworkLoop Loop { get; }

        internal RulesBell Rules { get; }

        internal DnsServer Dns { get; }

        internal PublishedPorts Ports { get; }

        public void Dispose()
        {
            Ports.Dispose();
            Loop.Invoke(Dns.Stop);
            Rules.Dispose();
            Loop.Dispose();
        }
    }
}
