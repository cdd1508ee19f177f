using System.Buffers.Binary;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Figment.Model.Specs;

namespace Figment.Node.Addresses;

/// <summary>Reads what the host's network already uses. Uplinks of applications in this node's journal are not counted: the journal says what they hold. Uplinks of another node on the same host are.</summary>
public static class NodeNetworks
{
    private const string UplinkPrefix = "fg";

    /// <summary>Networks of the host's addresses and routes, the default route left out.</summary>
    /// <param name="tags">Those of the applications in the journal.</param>
    public static IReadOnlyList<Ipv4Range> Taken(IReadOnlyCollection<string> tags)
    {
        var ranges = new HashSet<Ipv4Range>();
        foreach (var face in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (IsUplinkOf(tags, face.Name))
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

        ranges.UnionWith(Routes(File.ReadAllLines("/proc/net/route"), tags));
        return [.. ranges];
    }

    /// <summary>Networks in the lines of <c>/proc/net/route</c>; numbers there are in the machine's byte order.</summary>
    /// <param name="lines">As the kernel writes them, the heading first.</param>
    /// <param name="tags">Those of the applications in the journal.</param>
    public static IEnumerable<Ipv4Range> Routes(IEnumerable<string> lines, IReadOnlyCollection<string> tags)
    {
        foreach (string line in lines.Skip(1))
        {
            string[] fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length < 8 || IsUplinkOf(tags, fields[0])
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

    private static bool IsUplinkOf(IReadOnlyCollection<string> tags, string link) => tags.Any(tag => link.StartsWith(UplinkPrefix + tag, StringComparison.Ordinal));

    private static bool TryHex(string text, out uint value)
    {
        bool parsed = uint.TryParse(text, NumberStyles.HexNumber, null, out value);
        value = BinaryPrimitives.ReverseEndianness(value);
        return parsed;
    }
}
