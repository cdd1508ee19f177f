namespace Figment.Model.Specs;

/// <summary>A port that a machine serves inside its networks.</summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Protocol">Transport.</param>
public readonly record struct PortSpec(int Port, TransportProtocol Protocol)
{
    public override string ToString() => Protocol == TransportProtocol.Tcp ? $"{Port}/tcp" : $"{Port}/udp";
}
