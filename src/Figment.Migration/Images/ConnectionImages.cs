using System.Buffers.Binary;
using System.Net;
using Figment.Linux.Internet;

namespace Figment.Migration.Images;

/// <summary>
/// The TCP connections of a dump, for a restore in which the kernel still has them: somebody has kept the sockets. CRIU is told instead to bind a socket to an address that no machine has,
/// and whoever answers that call gives it the socket that was kept. See docs/decisions/0015.
/// </summary>
public static class ConnectionImages
{
    private const uint Tcp = 6;

    /// <summary>TCP_CLOSE: nothing is to be done with it but to make it.</summary>
    private const uint Closed = 7;

    private const int PortsPerAddress = ushort.MaxValue;
    private const int Addresses = 254;

    /// <summary>192.0.2.1 and 2001:db8::1, the first of addresses which are for documents and nobody's (RFC 5737, RFC 3849).</summary>
    private static readonly InternetEndpoint s_first4 = InternetEndpoint.From(IPAddress.Parse("192.0.2.1"), 1);
    private static readonly InternetEndpoint s_first6 = InternetEndpoint.From(IPAddress.Parse("2001:db8::1"), 1);

    /// <summary>Which of <see cref="Rewrite"/> a socket is that is bound there; null: none of them.</summary>
    public static int? PlaceAt(InternetEndpoint endpoint)
    {
        var distance = endpoint.Address - (endpoint.IsVersion6 ? s_first6 : s_first4).Address;
        return endpoint.Port != 0 && distance < Addresses ? ((int)distance * PortsPerAddress) + endpoint.Port - 1 : null;
    }

    /// <summary>The sockets that are connected with somebody outside, by their places.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    internal static IReadOnlyList<ImagedConnection> Rewrite(ImageFile image)
    {
        List<ImagedConnection> found = [];
        for (int index = 0; index < image.Count; index++)
        {
            var entry = image.Read(index, FileEntry.Parser);
            if (entry is not { Kind: FileKind.InternetSocket, InternetSocket: { Protocol: Tcp, RemotePort: not 0 } socket })
            {
                continue;
            }

            if (socket.LocalAddress.Count is not (1 or 4) || socket.RemoteAddress.Count != socket.LocalAddress.Count)
            {
                throw new ImageException(image.Name, 0, $"socket {socket.Inode} has addresses of {socket.LocalAddress.Count} and {socket.RemoteAddress.Count} words");
            }

            if (IsInternal(socket) || found.Count == Addresses * PortsPerAddress)
            {
                continue;
            }

            Put(socket, found.Count);
            found.Add(new ImagedConnection(socket.Inode, socket.LocalAddress.Count > 1));
            image.Replace(index, entry);
        }

        return found;
    }

    private static void Put(InternetSocketEntry socket, int place)
    {
        var first = socket.LocalAddress.Count == 1 ? s_first4 : s_first6;
        byte[] address = (first with { Address = first.Address + (UInt128)(place / PortsPerAddress) }).ToAddress().GetAddressBytes();
        for (int word = 0; word < socket.LocalAddress.Count; word++)
        {
            socket.LocalAddress[word] = BinaryPrimitives.ReadUInt32LittleEndian(address.AsSpan(word * sizeof(uint)));
        }

        socket.LocalPort = (uint)((place % PortsPerAddress) + 1);
        socket.RemotePort = 0;
        socket.State = Closed;
        socket.ClearShutdown();
    }

    /// <summary>Both ends are in the machine: they are put back as they were.</summary>
    private static bool IsInternal(InternetSocketEntry socket) => socket.RemoteAddress.SequenceEqual(socket.LocalAddress) || RemoteOf(socket).IsLoopback;

    private static InternetEndpoint RemoteOf(InternetSocketEntry socket)
    {
        byte[] bytes = new byte[socket.RemoteAddress.Count * sizeof(uint)];
        foreach (var (index, word) in socket.RemoteAddress.Index())
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(index * sizeof(uint)), word);
        }

        return InternetEndpoint.From(new IPAddress(bytes), (int)socket.RemotePort);
    }
}
