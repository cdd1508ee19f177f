using Figment.Model.Specs;
using Figment.Node.Addresses;

namespace Figment.Node.Planning;

/// <summary>A snapshot of the node, as planning needs it.</summary>
public sealed record NodeFacts
{
    /// <summary>Networks of the node's own addresses and routes.</summary>
    public IReadOnlyList<Ipv4Range> NodeNetworks { get; init; } = [];

    /// <summary>Networks and uplinks of other applications, by the application's name.</summary>
    public IReadOnlyList<(string Application, Ipv4Range Range)> OtherApplications { get; init; } = [];

    /// <summary>Ports that the node's own programs or other applications hold.</summary>
    public IReadOnlySet<PortSpec> BusyPorts { get; init; } = new HashSet<PortSpec>();

    /// <summary>The node's DNS servers.</summary>
    public IReadOnlyList<string> UpstreamDns { get; init; } = [];
}
