using Figment.Linux.Files;
using Figment.Linux.Internet;

namespace Figment.Box.Relays;

/// <summary>A client's connection, accepted at a placeholder, and the one that continues it to the program. The relay thread.</summary>
internal sealed class RelayedConnection(Descriptor client, InternetEndpoint peer, InternetEndpoint local, int port, long deadline) : IDisposable
{
    public Descriptor Client { get; } = client;

    public int Port { get; } = port;

    /// <summary>When it is given up, as a timestamp.</summary>
    public long Deadline { get; } = deadline;

    public RelayState State { get; private set; }

    public Descriptor? Program { get; private set; }

    public SplicedPair? Pair { get; private set; }

    public ulong Token { get; set; }

    /// <summary>Begins to connect to the program as the client; the port is one of our own, for the client's is taken by the connection that was accepted.</summary>
    public void Connect(int mark)
    {
        Program = Bound(mark);
        if (InternetSocket.LocalEndpoint(Program)?.Port == peer.Port)
        {
            // As long as it is held the kernel chooses another.
            using var taken = Program;
            Program = Bound(mark);
        }

        InternetSocket.Connect(Program, local with { Port = (ushort)Port });
        State = RelayState.Connecting;
    }

    public void TryAgain()
    {
        Program?.Dispose();
        Program = null;
        State = RelayState.Waiting;
    }

    public void Join()
    {
        Pair = new SplicedPair(Client, Program!);
        State = RelayState.Joined;
    }

    public void Dispose()
    {
        Pair?.Dispose();
        Program?.Dispose();
        Client.Dispose();
    }

    private Descriptor Bound(int mark)
    {
        var socket = InternetSocket.Create(peer.IsVersion6, stream: true);
        InternetSocket.SetTransparent(socket, peer.IsVersion6);
        InternetSocket.SetMark(socket, mark);
        InternetSocket.Bind(socket, peer with { Port = 0 });
        return socket;
    }
}
