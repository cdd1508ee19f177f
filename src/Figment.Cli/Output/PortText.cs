using Figment.Api.Contract;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Cli.Output;

/// <summary>Ports as people and programs read them.</summary>
internal static class PortText
{
    /// <summary>Ports that nearly always speak HTTP; the address of such a port is shown as a link.</summary>
    private static readonly HashSet<int> Http = [80, 3000, 5000, 8000, 8080, 8081, 8888, 9090];

    private static readonly HashSet<int> Https = [443, 8443];

    public static string Protocol(TransportProtocol protocol) => protocol == TransportProtocol.Tcp ? "tcp" : "udp";

    public static string Inside(int port, TransportProtocol protocol) => $"{port}/{Protocol(protocol)}";

    /// <summary><c>127.0.0.1:8080</c>; brackets around IPv6.</summary>
    public static string Outside(PublishedPort port) => $"{Bracket(port.HostIp ?? "0.0.0.0")}:{port.HostPort}";

    /// <summary>Something to paste into a browser or a client on this node.</summary>
    public static string Url(PublishedPort port)
    {
        string host = port.HostIp is null or "0.0.0.0" or "::" or "::0" ? "127.0.0.1" : Bracket(port.HostIp);
        string scheme = port.Protocol == TransportProtocol.Udp ? "udp" : Http.Contains(port.Port) ? "http" : Https.Contains(port.Port) ? "https" : "tcp";
        return $"{scheme}://{host}:{port.HostPort}";
    }

    /// <summary>The PORTS column: published ones with where they lead, then the others.</summary>
    public static string Column(MachineView machine)
    {
        var published = machine.Published.Select(port => $"{Outside(port)}->{Inside(port.Port, port.Protocol)}");
        var others = machine.Ports
            .Where(known => !machine.Published.Any(port => port.Port == known.Port && port.Protocol == known.Protocol))
            .Select(known => Inside(known.Port, known.Protocol));
        return string.Join(", ", published.Concat(others));
    }

    private static string Bracket(string address) => address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
}
