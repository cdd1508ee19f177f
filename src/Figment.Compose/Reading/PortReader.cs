using System.Globalization;
using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary><c>ports</c> and <c>expose</c>.</summary>
internal static class PortReader
{
    private const int PortMax = 65_535;
    private const string Forms = "write 8080:80, 127.0.0.1:8080:80/udp, 8000-8010:8000-8010, or a mapping with target and published";

    public static IReadOnlyList<PublishedPortSpec> Ports(Section service)
    {
        List<PublishedPortSpec> ports = [];
        foreach ((Node node, string path) in service.Items("ports"))
        {
            if (node is ScalarNode scalar)
            {
                ReadShort(scalar, path, service.Sink, ports);
            }
            else
            {
                ReadLong(new Section((MappingNode)node, path, service.Sink), ports);
            }

            if (TooMany(ports.Count, node, path, service.Sink))
            {
                break;
            }
        }

        // A range may name a port that stands alone beside it.
        return [.. ports.Distinct()];
    }

    public static IReadOnlyList<PortSpec> Exposed(Section service)
    {
        List<PortSpec> ports = [];
        HashSet<PortSpec> seen = [];
        foreach ((Node node, string path) in service.Items("expose"))
        {
            string text = ((ScalarNode)node).Text;
            if (Split(text, out string range, out TransportProtocol protocol) is { } fault)
            {
                service.Sink.Error(node.Place, path, fault);
            }
            else if (ReadRange(range, 1) is not { } span)
            {
                service.Sink.Error(node.Place, path, $"expected a port from 1 to {PortMax} or a range of them, found {Quote.Text(text)}");
            }
            else
            {
                ports.AddRange(Enumerable.Range(span.First, span.Count).Select(port => new PortSpec(port, protocol)).Where(seen.Add).Take(ComposeLimits.PortsMax + 1));
            }

            if (TooMany(ports.Count, node, path, service.Sink))
            {
                break;
            }
        }

        return ports;
    }

    private static bool TooMany(int count, Node node, string path, DiagnosticSink sink)
    {
        if (count > ComposeLimits.PortsMax)
        {
            sink.Error(node.Place, path, $"more than {ComposeLimits.PortsMax} ports of one service");
        }

        return count > ComposeLimits.PortsMax;
    }

    private static void ReadShort(ScalarNode scalar, string path, DiagnosticSink sink, List<PublishedPortSpec> ports)
    {
        string? fault = Split(scalar.Text, out string rest, out TransportProtocol protocol);
        int colon = rest.LastIndexOf(':');
        string target = rest[(colon + 1)..];
        string published = string.Empty;
        string? address = null;
        if (fault is null && colon >= 0)
        {
            string front = rest[..colon];
            int second = front.LastIndexOf(':');
            published = front[(second + 1)..];
            address = second >= 0 ? front[..second] : null;
            fault = published.Length == 0 && address is null ? $"expected a port, found {Quote.Text(scalar.Text)}" : address is null ? null : CheckAddress(ref address);
        }

        (int First, int Count)? inside = ReadRange(target, 1);
        (int First, int Count)? outside = published.Length == 0 ? (0, 0) : ReadRange(published, 0);
        if (fault is null && (inside is null || outside is null))
        {
            fault = $"expected a port from 1 to {PortMax} or a range of them, found {Quote.Text(scalar.Text)}";
        }

        fault ??= Add(ports, inside!.Value, outside!.Value, address, protocol);
        if (fault is not null)
        {
            sink.Error(scalar.Place, path, fault, Forms);
        }
    }

    private static void ReadLong(Section port, List<PublishedPortSpec> ports)
    {
        if (port.Scalar("target") is null)
        {
            port.Sink.Error(port.Mapping.Place, port.Path, "the key 'target' is missing: which port of the service?");
            return;
        }

        long? target = port.Integer("target", 1, PortMax);
        TransportProtocol protocol = port.Choice("protocol", ("tcp", TransportProtocol.Tcp), ("udp", TransportProtocol.Udp)) ?? TransportProtocol.Tcp;
        port.Choice("mode", ("host", 0), ("ingress", 0));
        string? address = port.Text("host_ip");
        if (address is not null && CheckAddress(ref address) is { } fault)
        {
            port.Error(port.Scalar("host_ip")!, "host_ip", fault);
        }

        (int First, int Count)? outside = (0, 0);
        if (port.Text("published") is { } published)
        {
            outside = ReadRange(published, 0);
            if (outside is null)
            {
                port.Error(port.Scalar("published")!, "published", $"expected a port from 0 to {PortMax} or a range of them, found {Quote.Text(published)}");
            }
        }

        if (target is { } number && outside is { } span && Add(ports, ((int)number, 1), span, address, protocol) is { } mismatch)
        {
            port.Sink.Error(port.Mapping.Place, port.Path, mismatch);
        }
    }

    /// <summary>Returns what is wrong, or null.</summary>
    private static string? Add(List<PublishedPortSpec> ports, (int First, int Count) inside, (int First, int Count) outside, string? address, TransportProtocol protocol)
    {
        bool any = outside.Count == 0 || outside == (0, 1);
        if (!any && outside.First == 0)
        {
            return "a range on the node begins at 1 or above";
        }

        if (inside.Count > 1 && !any && inside.Count != outside.Count)
        {
            return $"the ranges differ: {outside.Count} ports on the node, {inside.Count} in the service";
        }

        for (int index = 0; index < inside.Count && ports.Count <= ComposeLimits.PortsMax; index++)
        {
            int first = any ? 0 : inside.Count > 1 ? outside.First + index : outside.First;
            ports.Add(new PublishedPortSpec
            {
                Target = inside.First + index,
                Published = first,
                PublishedEnd = any || inside.Count > 1 ? first : outside.First + outside.Count - 1,
                HostIp = address,
                Protocol = protocol,
            });
        }

        return null;
    }

    private static string? Split(string text, out string ports, out TransportProtocol protocol)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        ports = slash < 0 ? text : text[..slash];
        string name = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        protocol = name == "udp" ? TransportProtocol.Udp : TransportProtocol.Tcp;
        return name is "tcp" or "udp" ? null : $"expected the protocol tcp or udp, found {Quote.Text(name)}";
    }

    private static (int First, int Count)? ReadRange(string text, int least)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        int? first = Port(dash < 0 ? text : text[..dash]);
        int? last = dash < 0 ? first : Port(text[(dash + 1)..]);
        return first >= least && last >= first ? (first.Value, last.Value - first.Value + 1) : null;
    }

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= PortMax ? port : null;

    /// <summary>Takes the brackets off an IPv6 address. Returns what is wrong, or null.</summary>
    private static string? CheckAddress(ref string? address)
    {
        string bare = address!.StartsWith('[') && address.EndsWith(']') ? address[1..^1] : address;
        if (!Addresses.IsValid(bare))
        {
            return $"expected an IP address of the node, found {Quote.Text(address)}";
        }

        address = bare;
        return null;
    }
}
