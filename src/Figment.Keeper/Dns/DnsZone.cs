using System.Globalization;
using System.Net;
using Figment.Keeper.Fabric;

namespace Figment.Keeper.Dns;

/// <summary>The names of an application, as each of its networks sees them. Immutable.</summary>
internal sealed class DnsZone
{
    private const string ReverseIpv4 = ".in-addr.arpa";
    private const string ReverseIpv6 = ".ip6.arpa";
    private const string Localhost = "localhost";

    /// <summary>Longer labels cannot be asked for (RFC 1035 2.3.4): such a name of a machine has no DNS name.</summary>
    private const int LabelBytesMax = 63;

    private readonly string _suffix;
    private readonly IReadOnlyList<NetworkPlan> _networks;

    /// <summary>By network index, then by name.</summary>
    private readonly Dictionary<int, Dictionary<string, List<InterfacePlan>>> _names = [];

    private readonly Dictionary<IPAddress, (MachinePlan Machine, InterfacePlan Interface)> _owners = [];

    internal DnsZone(FabricPlan plan)
    {
        _suffix = "." + plan.Application.ToLowerInvariant();
        _networks = plan.Networks;
        foreach (var network in plan.Networks)
        {
            _names[network.Index] = new Dictionary<string, List<InterfacePlan>>(StringComparer.Ordinal);
        }

        var elastic = plan.Services.Select(service => service.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var machine in plan.Machines)
        {
            foreach (var port in machine.Interfaces)
            {
                _owners[port.Address] = (machine, port);
                if (port.Ipv6Address is { } ipv6)
                {
                    _owners[ipv6] = (machine, port);
                }

                AddNames(port, elastic.Contains(machine.Service) ? [machine.Name] : [machine.Service, machine.Name, .. port.Aliases]);
            }
        }

        foreach (var service in plan.Services)
        {
            foreach (var place in service.Places)
            {
                AddNames(place, [service.Name, .. place.Aliases]);
            }
        }

        // Last: a hostname is the machine's own business and must not take the name of a service, a machine or an alias from it.
        var taken = _names.ToDictionary(network => network.Key, network => network.Value.Keys.ToHashSet(StringComparer.Ordinal));
        foreach (var machine in plan.Machines)
        {
            AddHostname(machine, taken);
        }
    }

    /// <summary>Answers a question that came from <paramref name="asker"/> into a network.</summary>
    internal DnsAnswer Resolve(int network, IPAddress asker, DnsQuery query)
    {
        string name = query.Name;
        if (query.Class != DnsQuery.ClassInternet)
        {
            return DnsAnswer.NotOurs;
        }

        var visible = VisibleNetworks(network, asker);
        if (name == Localhost || name.EndsWith("." + Localhost, StringComparison.Ordinal))
        {
            return OfType(query.Type, [IPAddress.Loopback, IPAddress.IPv6Loopback]);
        }

        if (name.EndsWith(ReverseIpv4, StringComparison.Ordinal) || name.EndsWith(ReverseIpv6, StringComparison.Ordinal))
        {
            return ResolveAddress(name, query.Type, visible);
        }

        foreach (int index in visible)
        {
            if (_names.TryGetValue(index, out var names) && names.TryGetValue(name, out var ports))
            {
                return OfType(query.Type, ports.SelectMany(Addresses));
            }
        }

        bool single = name.Length > 0 && !name.Contains('.', StringComparison.Ordinal);
        return single || name.EndsWith(_suffix, StringComparison.Ordinal) ? DnsAnswer.NoSuchName : DnsAnswer.NotOurs;
    }

    /// <summary>May this asker's questions leave the application? Not when all its networks are internal: a name can carry data out.</summary>
    internal bool MayAskOutside(int network, IPAddress asker) =>
        VisibleNetworks(network, asker).Any(index => _networks.Any(one => one.Index == index && !one.Internal));

    /// <summary>The address that a reverse name stands for, or null.</summary>
    internal static IPAddress? AddressOf(string name)
    {
        if (name.EndsWith(ReverseIpv4, StringComparison.Ordinal))
        {
            string[] parts = name[..^ReverseIpv4.Length].Split('.');
            Span<byte> bytes = stackalloc byte[4];
            for (int index = 0; index < bytes.Length; index++)
            {
                if (parts.Length != bytes.Length || !byte.TryParse(parts[^(index + 1)], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[index]))
                {
                    return null;
                }
            }

            return new IPAddress(bytes);
        }

        if (!name.EndsWith(ReverseIpv6, StringComparison.Ordinal))
        {
            return null;
        }

        string[] digits = name[..^ReverseIpv6.Length].Split('.');
        return digits.Length == 32 && digits.All(digit => digit.Length == 1 && char.IsAsciiHexDigit(digit[0]))
            ? new IPAddress(Convert.FromHexString(string.Concat(digits.Reverse())))
            : null;
    }

    /// <summary>The network asked in comes first; then those that the asker is in besides.</summary>
    private List<int> VisibleNetworks(int network, IPAddress asker) => _owners.TryGetValue(asker, out var owner)
        ? [network, .. owner.Machine.Interfaces.Select(port => port.Network.Index).Where(index => index != network)]
        : [network];

    private DnsAnswer ResolveAddress(string name, DnsType type, List<int> visible)
    {
        if (AddressOf(name) is not { } address)
        {
            return DnsAnswer.NotOurs;
        }

        if (_owners.TryGetValue(address, out var owner) && visible.Contains(owner.Interface.Network.Index))
        {
            return type is DnsType.Ptr or DnsType.Any && IsWritable(owner.Machine.Name + _suffix) ? new DnsAnswer { PointsTo = owner.Machine.Name + _suffix } : DnsAnswer.Empty;
        }

        bool ours = _networks.Any(network => network.Subnet.Contains(address) || network.Ipv6Subnet?.Contains(address) == true);
        return ours ? DnsAnswer.NoSuchName : DnsAnswer.NotOurs;
    }

    private static DnsAnswer OfType(DnsType type, IEnumerable<IPAddress> addresses)
    {
        var family = type switch
        {
            DnsType.A => System.Net.Sockets.AddressFamily.InterNetwork,
            DnsType.Aaaa => System.Net.Sockets.AddressFamily.InterNetworkV6,
            _ => System.Net.Sockets.AddressFamily.Unknown,
        };
        return new DnsAnswer { Addresses = [.. addresses.Where(address => address.AddressFamily == family)] };
    }

    private static bool IsWritable(string name) => name.Split('.').All(label => label.Length is > 0 and <= LabelBytesMax);

    private static IEnumerable<IPAddress> Addresses(InterfacePlan port) => port.Ipv6Address is { } ipv6 ? [port.Address, ipv6] : [port.Address];

    private void AddNames(InterfacePlan port, IEnumerable<string> all)
    {
        foreach (string name in all.Select(name => name.ToLowerInvariant()).Distinct(StringComparer.Ordinal))
        {
            Add(port, name);
            Add(port, name + _suffix);
        }
    }

    private void AddHostname(MachinePlan machine, Dictionary<int, HashSet<string>> taken)
    {
        string hostname = machine.Hostname.ToLowerInvariant();
        foreach (var port in machine.Interfaces)
        {
            foreach (string name in machine.DomainName is { Length: > 0 } domain ? [hostname, $"{hostname}.{domain.ToLowerInvariant()}"] : new[] { hostname })
            {
                if (!taken[port.Network.Index].Contains(name))
                {
                    Add(port, name);
                }
            }
        }
    }

    private void Add(InterfacePlan port, string name)
    {
        if (!IsWritable(name))
        {
            return;
        }

        var names = _names[port.Network.Index];
        if (!names.TryGetValue(name, out var ports))
        {
            names[name] = ports = [];
        }

        if (!ports.Contains(port))
        {
            ports.Add(port);
        }
    }
}
