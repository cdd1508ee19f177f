using Figment.Daemon.Peers;
using Figment.Linux.Ownership;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Figment.Daemon.Hosting;

/// <summary>The socket that the API is served on: systemd's, if it started this process for one, else <c>figment.sock</c>.</summary>
internal static class ApiSocket
{
    /// <summary>An application of 4,000 machines with long environments stays below it.</summary>
    private const long BodyBytesMax = 32L * 1024 * 1024;

    private const int OtherHeadersBytesMax = 32 * 1024;

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>systemd.exec(5), LISTEN_PID: the sockets are for this process.</summary>
    public static bool IsActivated => Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static void Configure(KestrelServerOptions kestrel, string path, PeerCheck peers)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = Api.Contract.Routes.StreamRequestHeaderBytesMax + OtherHeadersBytesMax;

        // Streams of events are silent for hours, and so may be the client of an exec.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        if (IsActivated)
        {
            kestrel.UseSystemd(Listen);
            return;
        }

        // Left by a daemon that was killed: the lock says that none runs.
        File.Delete(path);
        kestrel.ListenUnixSocket(path, Listen);

        void Listen(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(peers.OnConnection);
        }
    }

    /// <summary>After the socket was made: root and the group may use it.</summary>
    public static void OpenToGroup(string path)
    {
        if (IsActivated)
        {
            return;
        }

        if (FigmentGroup.Find() is { } group)
        {
            FileOwner.Change(path, 0, group);
        }

        File.SetUnixFileMode(path, SocketMode);
    }
}
