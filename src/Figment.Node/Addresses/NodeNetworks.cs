using System.Buffers.Binary;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Figment.Model.Specs;

namespace Figment.Node.Addresses;

/// <summary>Reads what the node's own network already uses. Its own interfaces (<c>fg...</c>) are not counted: they belong to applications in the journal.</summary>
public static class NodeNetworks
{
    private const string OwnInterfacePrefix = "fg";

    /// <summary>Networks of the node's addresses and routes, the default route left out.</summary>
    public static IReadOnlyList<Ipv4Range> Taken()
    {
        var ranges = new HashSet<Ipv4Range>();
        foreach (var face in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (face.Name.StartsWith(OwnInterfacePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var unicast in face.GetIPProperties().UnicastAddresses)
            {
                if (unicast.Address.AddressFamily == AddressFamily.InterNetwork && Ipv4Range.TryParseAddress(unicast.Address.ToString(), out uint address))
                {
                    ranges.Add(Ipv4Range.Around(address, unicast.PrefixLength));
                }
            }
        }

        ranges.UnionWith(Routes(File.ReadAllLines("/proc/net/route")));
        return [.. ranges];
    }

    /// <summary>Networks in the lines of <c>/proc/net/route</c>; numbers there are in the machine's byte order.</summary>
    public static IEnumerable<Ipv4Range> Routes(IEnumerable<string> lines)
    {
        foreach (string line in lines.Skip(1))
        {
            string[] fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length < 8 || fields[0].StartsWith(OwnInterfacePrefix, StringComparison.Ordinal)
                || !TryHex(fields[1], out uint destination) || !TryHex(fields[7], out uint mask) || mask == 0)
            {
                continue;
            }

            yield return Ipv4Range.Around(destination, System.Numerics.BitOperations.PopCount(mask));
        }
    }

    /// <summary>Ports on which the node itself listens (TCP) or is bound (UDP), whatever the address.</summary>
    public static IReadOnlySet<PortSpec> BusyPorts()
    {
        const string Listening = "0A";
        var busy = new HashSet<PortSpec>();
        foreach (string name in (string[])["tcp", "tcp6", "udp", "udp6"])
        {
            var protocol = name.StartsWith("tcp", StringComparison.Ordinal) ? TransportProtocol.Tcp : TransportProtocol.Udp;
            string path = $"/proc/net/{name}";
            if (!File.Exists(path))
            {
                continue;
            }

            foreach (string line in File.ReadLines(path).Skip(1))
            {
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 3 && (protocol == TransportProtocol.Udp || fields[3] == Listening)
                    && int.TryParse(fields[1].AsSpan(fields[1].LastIndexOf(':') + 1), NumberStyles.HexNumber, null, out int port))
                {
                    busy.Add(new PortSpec(port, protocol));
                }
            }
        }

        return busy;
    }

    private static bool TryHex(string text, out uint value)
    {
        bool parsed = uint.TryParse(text, NumberStyles.HexNumber, null, out value);
        value = BinaryPrimitives.ReverseEndianness(value);
        return parsed;
    }
}
