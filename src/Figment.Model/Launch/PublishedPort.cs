using Figment.Model.Specs;

namespace Figment.Model.Launch;

/// <summary>A port of the node that leads to one port of this machine. Machines of one service may share it; then connections are spread over them.</summary>
public sealed record PublishedPort
{
    /// <summary>Address on the node; null: all.</summary>
    public string? HostIp { get; init; }

    /// <summary>1 to 65535; the daemon has chosen where Compose left it open.</summary>
    public required int HostPort { get; init; }

    public required int Port { get; init; }

    public TransportProtocol Protocol { get; init; }
}
