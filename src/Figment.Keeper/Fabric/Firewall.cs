using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Model.Specs;

namespace Figment.Keeper.Fabric;

/// <summary>The application's nft table as text: one transaction that replaces what was there.</summary>
internal static class Firewall
{
    /// <summary>Makes the table, whatever was there before.</summary>
    internal static string Rules(FabricPlan plan)
    {
        string table = FabricNames.Table(plan.Tag);
        string ours = $"\"{FabricNames.UplinkPrefixOf(plan.Tag)}*\"";
        string all = $"\"{FabricNames.UplinkPrefix}*\"";
        var uplinks = plan.Networks.Where(network => !network.Internal).ToList();
        var text = new StringBuilder();
        text.Append(Remove(plan.Tag));
        text.Append(CultureInfo.InvariantCulture, $"table inet {table} {{\n");
        Chain(text, "prerouting", "type nat hook prerouting priority dstnat", plan.Published.SelectMany(port => Translation(port, "iifname != \"lo\" ")));
        Chain(text, "output", "type nat hook output priority -100", plan.Published.SelectMany(port => Translation(port, "")));
        Chain(text, "postrouting", "type nat hook postrouting priority srcnat",
        [
            .. uplinks.Select(network => $"ip saddr {network.Subnet} oifname != {ours} masquerade"),

            // A machine that comes back to its own network through a published port: without this the answer would go past the translation.
            .. uplinks.Select(network => $"ip saddr {network.Subnet} oifname {ours} ct status dnat masquerade"),
        ]);
        Chain(text, "input", "type filter hook input priority filter",
        [
            $"iifname {ours} ct state established,related accept",
            $"iifname {ours} drop",
        ]);
        Chain(text, "forward", "type filter hook forward priority filter",
        [
            .. uplinks.Select(network => $"iifname \"{network.UplinkName}\" ip saddr != {network.Subnet} ip saddr != {network.UplinkRouter} drop"),
            $"iifname {ours} meta nfproto ipv6 drop",
            $"iifname {ours} ct state established,related accept",
            $"oifname {ours} ct state established,related accept",
            $"iifname {ours} oifname {ours} ct status dnat accept",
            $"iifname {all} oifname {ours} drop",
            $"iifname {ours} oifname {all} drop",
            $"oifname {ours} ct status dnat accept",
            $"oifname {ours} drop",
        ]);
        return text.Append("}\n").ToString();
    }

    /// <summary>Removes the table, whether or not it is there.</summary>
    internal static string Remove(string tag) => $"table inet {FabricNames.Table(tag)} {{}}\ndelete table inet {FabricNames.Table(tag)}\n";

    /// <summary>Translates what comes for an address of the node other than loopback's; IPv6 comes to the relay.</summary>
    private static IEnumerable<string> Translation(PublishedPlan port, string from)
    {
        if (port.HostIp is { } host && (host.AddressFamily != AddressFamily.InterNetwork || IPAddress.IsLoopback(host)))
        {
            yield break;
        }

        string to = port.HostIp is null ? "fib daddr type local ip daddr != 127.0.0.0/8" : $"ip daddr {port.HostIp}";
        string protocol = port.Protocol == TransportProtocol.Tcp ? "tcp" : "udp";
        string target = port.Targets.Count == 1
            ? $"ip to {port.Targets[0]}"
            : $"ip addr . port to numgen inc mod {port.Targets.Count} map {{ {string.Join(", ", port.Targets.Select((one, index) => $"{index} : {one.Address} . {one.Port}"))} }}";
        yield return $"{from}{to} {protocol} dport {port.HostPort} dnat {target}";
    }

    private static void Chain(StringBuilder text, string name, string hook, IEnumerable<string> rules)
    {
        text.Append(CultureInfo.InvariantCulture, $"  chain {name} {{\n    {hook}; policy accept;\n");
        foreach (string rule in rules)
        {
            text.Append("    ").Append(rule).Append('\n');
        }

        text.Append("  }\n");
    }
}
