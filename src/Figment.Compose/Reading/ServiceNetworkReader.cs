using System.Net;
using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>A service's <c>networks</c> and <c>network_mode</c>.</summary>
internal sealed class ServiceNetworkReader(ReadScope scope, Section service)
{
    public const string DefaultNetwork = "default";

    public NetworkMode Mode()
    {
        if (service.Text("network_mode") is not { } mode)
        {
            return NetworkMode.Networks;
        }

        ScalarNode node = service.Scalar("network_mode")!;
        if (service.Child("networks") is { Entries.Count: > 0 })
        {
            service.Error(node, "network_mode", "a service has either 'network_mode' or 'networks'", "leave one of them out");
        }

        switch (mode)
        {
            case "none":
                return NetworkMode.None;
            case "bridge" or DefaultNetwork:
                return NetworkMode.Networks;
            case "host":
                service.Error(node, "network_mode", "'host' is refused: a machine has an address of its own and never the node's", "publish its ports under 'ports'");
                break;
            case var shared when shared.StartsWith("service:", StringComparison.Ordinal) || shared.StartsWith("container:", StringComparison.Ordinal):
                service.Error(node, "network_mode", $"{Quote.Text(mode)} is refused: machines do not share a network with one another", "give both services the same 'networks' and let them connect by name");
                break;
            default:
                service.Error(node, "network_mode", $"expected none, bridge or default, found {Quote.Text(mode)}", Suggestion.For(mode, ["none", "bridge", DefaultNetwork]));
                break;
        }

        return NetworkMode.Networks;
    }

    public IReadOnlyList<ServiceNetworkSpec> Read()
    {
        if (service.Child("networks") is not { Entries.Count: > 0 } networks)
        {
            return [new ServiceNetworkSpec { Network = DefaultNetwork }];
        }

        List<ServiceNetworkSpec> result = [];
        foreach ((MappingEntry entry, Section network) in networks.Children())
        {
            if (entry.Key != DefaultNetwork && !scope.Declares("networks", entry.Key))
            {
                service.Sink.Error(entry.KeyPlace, networks.Path, $"there is no network {Quote.Text(entry.Key)} under the top-level 'networks'", Suggestion.For(entry.Key, scope.Declared("networks")) ?? "declare it there");
                continue;
            }

            result.Add(new ServiceNetworkSpec
            {
                Network = entry.Key,
                Aliases = network.Texts("aliases"),
                Ipv4Address = Address(network, "ipv4_address", entry.Key, Addresses.IsIPv4),
                Ipv6Address = Address(network, "ipv6_address", entry.Key, Addresses.IsIPv6),
                MacAddress = MacAddress(network),
                Priority = (int)(network.Integer("priority", int.MinValue, int.MaxValue) ?? 0),
            });
        }

        return result;
    }

    private string? Address(Section network, string key, string name, Func<string, bool> isValid)
    {
        if (network.Text(key) is not { } text)
        {
            return null;
        }

        ScalarNode node = network.Scalar(key)!;
        if (!isValid(text))
        {
            network.Error(node, key, $"expected an address such as {(key == "ipv4_address" ? "172.16.1.5" : "fd00::5")}, found {Quote.Text(text)}");
            return null;
        }

        IReadOnlyList<IPNetwork> subnets = [.. Subnets(name)];
        if (!subnets.Any(subnet => subnet.Contains(IPAddress.Parse(text))))
        {
            network.Error(node, key, $"the network {Quote.Text(name)} has no subnet that holds {text}", "give it one under networks: ipam: config: subnet");
        }

        return text;
    }

    private IEnumerable<IPNetwork> Subnets(string name)
    {
        Section? ipam = scope.TopLevel("networks").Child(name)?.Child("ipam");
        return (ipam?.Items("config") ?? [])
            .Select(item => ((item.Node as MappingNode)?.Get("subnet") as ScalarNode)?.Text)
            .Select(subnet => subnet is null ? null : Addresses.Network(subnet))
            .OfType<IPNetwork>();
    }

    private static string? MacAddress(Section network)
    {
        if (network.Text("mac_address") is not { } text)
        {
            return null;
        }

        string[] bytes = text.Split(':', '-');
        if (bytes.Length == 6 && bytes.All(one => one.Length == 2 && one.All(char.IsAsciiHexDigit)))
        {
            return string.Join(':', bytes).ToLowerInvariant();
        }

        network.Error(network.Scalar("mac_address")!, "mac_address", $"expected six bytes as 02:42:ac:11:00:02, found {Quote.Text(text)}");
        return null;
    }
}
