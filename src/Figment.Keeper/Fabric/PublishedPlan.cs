using System.Net;
using Figment.Model.Specs;

namespace Figment.Keeper.Fabric;

/// <summary>A port of the node and where it leads.</summary>
internal sealed record PublishedPlan
{
    /// <summary>Null: all addresses of the node.</summary>
    public IPAddress? HostIp { get; init; }

    public required int HostPort { get; init; }

    public required TransportProtocol Protocol { get; init; }

    /// <summary>Machines' addresses, one or more; connections are spread over them.</summary>
    public required IReadOnlyList<IPEndPoint> Targets { get; init; }

    /// <summary>Who wants it, for messages.</summary>
    public required IReadOnlyList<string> Machines { get; init; }

    /// <summary>Same key, same socket on the node.</summary>
    public (IPAddress? HostIp, int HostPort, TransportProtocol Protocol) Key => (HostIp, HostPort, Protocol);

    public override string ToString() => $"{(HostIp is null ? "" : HostIp + ":")}{HostPort}/{(Protocol == TransportProtocol.Tcp ? "tcp" : "udp")}";
}
