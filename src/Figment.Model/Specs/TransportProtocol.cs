namespace Figment.Model.Specs;

public enum TransportProtocol
{
    Tcp,
    Udp,
}
