using System.Net;
using Figment.Linux.Internet;

namespace Figment.Linux.SocketDiagnostics;

/// <summary>A socket as the kernel lists it.</summary>
/// <param name="Cookie">Its number, never given twice.</param>
/// <param name="Local">This end.</param>
/// <param name="Remote">The other end; port 0 if there is none.</param>
/// <param name="ReceiveQueue">Bytes that no program has read yet; where connections are taken, how many wait for accept(2).</param>
/// <param name="IsAccepted">A program has it: not so while a connection waits for accept(2).</param>
/// <param name="State">Of a TCP socket.</param>
/// <param name="Repeats">How often what it sent last has been sent again.</param>
/// <param name="PayloadBytes">Received, and sent and acknowledged, since it was made.</param>
public readonly record struct ListedSocket(ulong Cookie, InternetEndpoint Local, InternetEndpoint Remote, uint ReceiveQueue, bool IsAccepted, TcpState State, byte Repeats, ulong PayloadBytes)
{
    /// <summary>Both ends are in one machine.</summary>
    public bool IsInternal => Remote.IsLoopback || (Remote.Port != 0 && Remote.Address == Local.Address);

    public IPEndPoint RemoteEndPoint => new(Remote.ToAddress(), Remote.Port);
}
