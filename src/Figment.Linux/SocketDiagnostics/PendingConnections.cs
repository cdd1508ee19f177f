namespace Figment.Linux.SocketDiagnostics;

/// <summary>TCP connections that are being made.</summary>
/// <param name="Handshakes">Under way, begun by either end, but for those whose other end has not answered for a second.</param>
/// <param name="Unaccepted">Made, and waiting for accept(2).</param>
public readonly record struct PendingConnections(int Handshakes, int Unaccepted)
{
    /// <summary>All of them.</summary>
    public int Count => Handshakes + Unaccepted;
}
