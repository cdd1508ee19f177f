using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Figment.Model.Launch;

namespace Figment.Keeper.Fabric;

/// <summary>The launch as the fabric needs it: parsed and checked, nothing of it can be half valid.</summary>
internal sealed record FabricPlan
{
    private const int TagLength = 6;
    private const int UplinkPrefixLength = 30;

    /// <summary>Interface names have 15 characters, eight of them taken; nothing sensible has more networks.</summary>
    private const int NetworkIndexMax = 9999;

    /// <summary>24 bits (RFC 7348).</summary>
    private const int VniMax = 0xFFFFFF;

    public required string Application { get; init; }

    public required string Tag { get; init; }

    public required IReadOnlyList<NetworkPlan> Networks { get; init; }

    public required IReadOnlyList<MachinePlan> Machines { get; init; }

    public required IReadOnlyList<ServicePlan> Services { get; init; }

    public required IReadOnlyList<PublishedPlan> Published { get; init; }

    public required IReadOnlyList<IPEndPoint> UpstreamDns { get; init; }

    /// <summary>What was asked for and cannot be had, in words.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Null: all machines are on this node.</summary>
    public required SpanPlan? Span { get; init; }

    /// <summary>This node has the gateways, DNS, uplinks and published ports.</summary>
    public bool IsHome => Span?.IsHome ?? true;

    /// <exception cref="FabricException">The launch contradicts itself.</exception>
    public static FabricPlan Of(ApplicationLaunch launch)
    {
        Require(launch.Tag.Length == TagLength && launch.Tag.All(char.IsAsciiHexDigitLower), $"the tag '{launch.Tag}' of {launch.Application} is not six lower-case hex digits");
        var span = launch.Span is null ? null : SpanPlan.Of(launch.Span);
        var networks = launch.Networks.Select(network => PlanOf(network, launch.Tag, span)).ToDictionary(network => network.Name, StringComparer.Ordinal);
        Require(networks.Values.DistinctBy(network => network.Index).Count() == networks.Count, $"two networks of {launch.Application} have the same index");
        var number = networks.Values.Where(network => network.Vni != 0).GroupBy(network => network.Vni).FirstOrDefault(group => group.Count() > 1);
        Require(number is null, $"two networks of {launch.Application} have the number {number?.Key} between nodes (vni)");
        var machines = launch.Machines.Select(machine => PlanOf(machine, networks, span)).ToList();
        var twice = machines.SelectMany(machine => machine.Interfaces).GroupBy(port => port.Address).FirstOrDefault(group => group.Count() > 1);
        Require(twice is null, $"two machines of {launch.Application} have the address {twice?.Key}");
        var warnings = new List<string>();
        return new FabricPlan
        {
            Application = launch.Application,
            Tag = launch.Tag,
            Networks = [.. networks.Values.OrderBy(network => network.Index)],
            Machines = machines,
            Services = [.. launch.Services.Select(service => PlanOf(service, networks))],
            Published = span is { IsHome: false } ? [] : PublishedOf(launch, machines, warnings),
            UpstreamDns = [.. launch.UpstreamDns.Select(UpstreamOf)],
            Warnings = warnings,
            Span = span,
        };
    }

    /// <summary>The same with the published ports of some services leading to some of their machines only.</summary>
    /// <param name="led">Machines by service; a service that is not named keeps all.</param>
    public FabricPlan Lead(IReadOnlyDictionary<string, IReadOnlyList<string>> led)
    {
        var services = Machines.ToDictionary(machine => machine.Name, machine => machine.Service, StringComparer.Ordinal);
        return this with
        {
            Published = [.. Published.Select(port =>
            {
                var kept = port.Machines.Zip(port.Targets).Where(one => !led.TryGetValue(services[one.First], out var machines) || machines.Contains(one.First)).ToList();

                // Where none is left the port leads to all: whoever comes is to be answered, if only by a refusal.
                return kept.Count == 0 ? port : port with { Machines = [.. kept.Select(one => one.First)], Targets = [.. kept.Select(one => one.Second)] };
            })],
        };
    }

    private static ServicePlan PlanOf(ServiceLaunch service, Dictionary<string, NetworkPlan> networks)
    {
        var places = new List<InterfacePlan>();
        foreach (var (name, text) in service.Addresses)
        {
            string what = $"service {service.Name}, network {name}";
            Require(networks.TryGetValue(name, out var network), $"{what}: there is no such network");
            var address = AddressOf(text, AddressFamily.InterNetwork, $"{what}: address");
            Require(network!.Subnet.Contains(address), $"{what}: address {address} is outside {network.Subnet}");
            places.Add(new InterfacePlan
            {
                Network = network,
                Link = "",
                Address = address,
                MacAddress = [],
                Aliases = [.. service.Aliases.Where(alias => alias.Key == name).Select(alias => alias.Value)],
            });
        }

        return new ServicePlan { Name = service.Name, Places = places };
    }

    private static NetworkPlan PlanOf(NetworkLaunch network, string tag, SpanPlan? span)
    {
        string what = $"network {network.Name}";
        Require(network.Index is >= 0 and <= NetworkIndexMax, $"{what}: index {network.Index} is not between 0 and {NetworkIndexMax}");
        Require(IPNetwork.TryParse(network.Subnet, out var subnet) && subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork, $"{what}: subnet '{network.Subnet}' is no IPv4 network");
        Require(IPNetwork.TryParse(network.Uplink, out var uplink) && uplink.PrefixLength == UplinkPrefixLength, $"{what}: uplink '{network.Uplink}' is no /30");
        var gateway = AddressOf(network.Gateway, AddressFamily.InterNetwork, $"{what}: gateway");
        Require(subnet.Contains(gateway), $"{what}: gateway {gateway} is outside {subnet}");
        IPNetwork? ipv6 = null;
        if (network.Ipv6Subnet is not null)
        {
            Require(IPNetwork.TryParse(network.Ipv6Subnet, out var parsed) && parsed.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6, $"{what}: '{network.Ipv6Subnet}' is no IPv6 network");
            ipv6 = parsed;
        }

        Require(span is null ? network.Vni == 0 : network.Vni is > 0 and <= VniMax, span is null
            ? $"{what}: it has the number {network.Vni} between nodes (vni), but the application has no span"
            : $"{what}: its number between nodes (vni) {network.Vni} is not between 1 and {VniMax}");
        return new NetworkPlan
        {
            Name = network.Name,
            Index = network.Index,
            Subnet = subnet,
            Gateway = gateway,
            UplinkName = FabricNames.Uplink(tag, network.Index),
            Uplink = uplink,
            UplinkNode = Offset(uplink.BaseAddress, 1),
            UplinkRouter = Offset(uplink.BaseAddress, 2),
            Ipv6Subnet = ipv6,
            Ipv6Gateway = ipv6 is null ? null : AddressOf(network.Ipv6Gateway ?? "", AddressFamily.InterNetworkV6, $"{what}: IPv6 gateway"),
            Internal = network.Internal,
            Vni = network.Vni,
            HasGateway = span?.IsHome ?? true,
            Mtu = network.Mtu,
        };
    }

    private static MachinePlan PlanOf(MachineLaunch machine, Dictionary<string, NetworkPlan> networks, SpanPlan? span)
    {
        // The name becomes a file's.
        Require(machine.Name.Length > 0 && machine.Name.All(one => char.IsAsciiLetterOrDigit(one) || one is '.' or '_' or '-') && machine.Name.Trim('.').Length > 0, $"'{machine.Name}' is no name of a machine");
        Require(machine.Node is null || span is not null, $"machine {machine.Name} is at node '{machine.Node}', but the application has no span");
        var interfaces = new List<InterfacePlan>();
        foreach (var port in machine.Interfaces)
        {
            Require(networks.TryGetValue(port.Network, out var network), $"machine {machine.Name}: there is no network {port.Network}");
            string what = $"machine {machine.Name}, network {port.Network}";
            var address = AddressOf(port.Address, AddressFamily.InterNetwork, $"{what}: address");
            Require(network!.Subnet.Contains(address), $"{what}: address {address} is outside {network.Subnet}");
            Require(!address.Equals(network.Gateway), $"{what}: address {address} is the gateway's");
            interfaces.Add(new InterfacePlan
            {
                Network = network,
                Link = FabricNames.MachineLinkPrefix + interfaces.Count.ToString(CultureInfo.InvariantCulture),
                Address = address,
                Ipv6Address = network.Ipv6Subnet is not null && port.Ipv6Address is not null ? AddressOf(port.Ipv6Address, AddressFamily.InterNetworkV6, $"{what}: IPv6 address") : null,
                MacAddress = port.MacAddress is null ? FabricNames.MacAddress(address) : MacOf(port.MacAddress, what),
                Aliases = port.Aliases,
            });
        }

        return new MachinePlan
        {
            Name = machine.Name,
            Service = machine.Service,
            Hostname = machine.Hostname,
            DomainName = machine.DomainName,
            Node = span?.Place(machine.Node, machine.Name),
            Interfaces = interfaces,
        };
    }

    private static List<PublishedPlan> PublishedOf(ApplicationLaunch launch, List<MachinePlan> machines, List<string> warnings)
    {
        var published = new List<PublishedPlan>();
        var wanted =
            from machine in launch.Machines.Zip(machines)
            from port in machine.First.Published
            select (Plan: machine.Second, Port: port, HostIp: HostAddressOf(port, machine.First.Name));
        foreach (var group in wanted.GroupBy(one => (one.HostIp, one.Port.HostPort, one.Port.Protocol)))
        {
            var reachable = group.Where(one => one.Plan.ReachableAddress is not null).ToList();
            warnings.AddRange(group.Except(reachable).Select(one =>
                $"port {one.Port.HostPort} of the node cannot lead to {one.Plan.Name}: all its networks are internal; give it a network that is not"));
            if (reachable.Count > 0)
            {
                published.Add(new PublishedPlan
                {
                    HostIp = group.Key.HostIp,
                    HostPort = group.Key.HostPort,
                    Protocol = group.Key.Protocol,
                    Targets = [.. reachable.Select(one => new IPEndPoint(one.Plan.ReachableAddress!, one.Port.Port))],
                    Machines = [.. reachable.Select(one => one.Plan.Name)],
                });
            }
        }

        return published;
    }

    /// <summary>Null: all addresses, however that was written.</summary>
    private static IPAddress? HostAddressOf(PublishedPort port, string machine)
    {
        Require(port.HostPort is > 0 and <= IPEndPoint.MaxPort && port.Port is > 0 and <= IPEndPoint.MaxPort, $"machine {machine}: {port.HostPort}:{port.Port} are no ports");
        var address = port.HostIp is null ? null : Parse(port.HostIp, $"machine {machine}: address of published port {port.HostPort}");
        return IPAddress.Any.Equals(address) ? null : address;
    }

    private static IPAddress Parse(string text, string what) =>
        IPAddress.TryParse(text, out var address) ? address : throw new FabricException($"{what} '{text}' is no IP address");

    internal static IPAddress AddressOf(string text, AddressFamily family, string what)
    {
        var address = Parse(text, what);
        Require(address.AddressFamily == family, $"{what} '{text}' is of the wrong family");
        return address;
    }

    private static IPEndPoint UpstreamOf(string text)
    {
        const int DnsPort = 53;
        Require(IPEndPoint.TryParse(text, out var endPoint), $"the DNS server '{text}' is no address; name servers as ADDRESS or ADDRESS:PORT");
        return endPoint!.Port == 0 ? new IPEndPoint(endPoint.Address, DnsPort) : endPoint;
    }

    private static byte[] MacOf(string text, string what)
    {
        string hex = text.Replace(":", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        Require(hex.Length == 12 && hex.All(char.IsAsciiHexDigit), $"{what}: '{text}' is no MAC address");
        return Convert.FromHexString(hex);
    }

    private static IPAddress Offset(IPAddress address, byte offset)
    {
        byte[] bytes = address.GetAddressBytes();
        bytes[^1] += offset;
        return new IPAddress(bytes);
    }

    internal static void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FabricException(otherwise);
        }
    }
}
