using System.Net;
using System.Net.Sockets;
using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>One entry of the top-level <c>networks</c>.</summary>
internal static class NetworkReader
{
    private const string MtuOption = "com.docker.network.driver.mtu";

    /// <summary>IPv6 needs 1280 (RFC 8200, section 5), IPv4 routers 68 (RFC 791); below that nothing works.</summary>
    private const int MtuMin = 68;

    private const int MtuMax = 65_535;

    public static NetworkSpec Read(string name, Section network)
    {
        if (network.Text("driver") is { } driver and not ("bridge" or "default"))
        {
            network.Unsupported(network.Scalar("driver")!, "driver", $"the driver {Quote.Text(driver)} {network.Sink.IsIgnored}: every network is a bridge of its own");
        }

        int? mtu = null;
        if (network.Child("driver_opts") is { } options)
        {
            foreach (MappingEntry entry in options.Entries.Where(entry => entry.Key != MtuOption))
            {
                network.Sink.Unsupported(entry.KeyPlace, options.Path, $"the option {Quote.Text(entry.Key)} {network.Sink.IsIgnored}: {MtuOption} is used");
            }

            mtu = (int?)options.Integer(MtuOption, MtuMin, MtuMax);
        }

        (string? subnet, string? gateway, string? subnet6) = Addressing(network);
        return new NetworkSpec
        {
            Name = name,
            Internal = network.Flag("internal") ?? false,
            EnableIpv6 = network.Flag("enable_ipv6") ?? subnet6 is not null,
            Subnet = subnet,
            Gateway = gateway,
            Ipv6Subnet = subnet6,
            Mtu = mtu,
            Labels = network.Pairs("labels"),
        };
    }

    private static (string? Subnet, string? Gateway, string? Ipv6Subnet) Addressing(Section network)
    {
        string? subnet = null;
        string? gateway = null;
        string? subnet6 = null;
        Section? ipam = network.Child("ipam");
        if (ipam?.Text("driver") is { } driver and not "default")
        {
            ipam.Unsupported(ipam.Scalar("driver")!, "driver", $"the driver {Quote.Text(driver)} {network.Sink.IsIgnored}: addresses come from the subnet");
        }

        foreach ((Node node, string path) in ipam?.Items("config") ?? [])
        {
            if (node is not MappingNode mapping)
            {
                continue;
            }

            var config = new Section(mapping, path, network.Sink);
            IPNetwork? range = config.Text("subnet") is { } text ? Addresses.Network(text) : null;
            if (config.Text("subnet") is { } written && range is null)
            {
                config.Error(config.Scalar("subnet")!, "subnet", $"expected a network such as 172.28.0.0/24 with no bits beyond its prefix, found {Quote.Text(written)}");
            }

            bool isIPv6 = range?.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
            ref string? place = ref isIPv6 ? ref subnet6 : ref subnet;
            if (range is not null && place is not null)
            {
                config.Error(config.Scalar("subnet")!, "subnet", "a network has one subnet of each family", "leave this one out");
            }

            place = range is null ? place : config.Text("subnet");
            if (config.Text("gateway") is { } address)
            {
                if (!Addresses.IsValid(address) || (range is { } known && !known.Contains(IPAddress.Parse(address))))
                {
                    config.Error(config.Scalar("gateway")!, "gateway", $"expected an address within the subnet, found {Quote.Text(address)}");
                }
                else if (!isIPv6)
                {
                    gateway = address;
                }
            }
        }

        return (subnet, gateway, subnet6);
    }
}
