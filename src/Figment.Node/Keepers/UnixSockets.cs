using System.Net.Sockets;
using Figment.Linux.Files;

namespace Figment.Node.Keepers;

/// <summary>Connects to sockets by path. A socket's address holds 108 bytes, less than the names of application and machine may take: the folder is opened first and named through <c>/proc/self/fd</c>.</summary>
internal static class UnixSockets
{
    public static async Task<Socket> ConnectAsync(string path, CancellationToken cancellation)
    {
        using var folder = FileCalls.Open(Path.GetDirectoryName(path)!, FileCalls.O_PATH | FileCalls.O_DIRECTORY);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"/proc/self/fd/{folder.Number}/{Path.GetFileName(path)}"), cancellation).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Process id of the other end (SO_PEERCRED, unix(7)).</summary>
    public static int PeerPid(Socket socket)
    {
        const int SOL_SOCKET = 1;
        const int SO_PEERCRED = 17;
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        return BitConverter.ToInt32(credentials);
    }
}
