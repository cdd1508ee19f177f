namespace Figment.Model.Specs;

/// <summary>A port of the node that leads to a port of a service.</summary>
public sealed record PublishedPortSpec
{
    /// <summary>1 to 65535.</summary>
    public required int Target { get; init; }

    /// <summary>First port on the node; 0: any free one.</summary>
    public required int Published { get; init; }

    /// <summary>Last port on the node of a range; equals <see cref="Published"/> for a single one.</summary>
    public required int PublishedEnd { get; init; }

    /// <summary>Address on the node; null: all.</summary>
    public string? HostIp { get; init; }

    public TransportProtocol Protocol { get; init; }
}
