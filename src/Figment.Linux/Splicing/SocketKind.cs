namespace Figment.Linux.Splicing;

/// <summary>SOCK_STREAM and SOCK_DGRAM (socket(2)).</summary>
public enum SocketKind
{
    Stream = 1,
    Datagram = 2,
}
