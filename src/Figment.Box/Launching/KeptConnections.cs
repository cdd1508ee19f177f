using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Namespaces;
using Figment.Migration.Images;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>The connections that a machine had while it was on storage, as its keeper hands them over. Any thread.</summary>
/// <param name="count">How many there are.</param>
internal sealed class KeptConnections(int count)
{
    /// <summary>They follow the launch at once.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, Descriptor> _sockets = [];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(IEnumerable<(KeptConnection Connection, Descriptor Socket)> some)
    {
        lock (_lock)
        {
            foreach (var (connection, socket) in some)
            {
                _sockets.Add(connection.Inode, socket);
            }

            if (_sockets.Count >= count)
            {
                _complete.TrySetResult();
            }
        }
    }

    /// <summary>The sockets of a snapshot's connections, by their places. One that nobody has kept is of a connection that was reset.</summary>
    /// <param name="connections">Of the snapshot.</param>
    /// <param name="network">The machine's network namespace.</param>
    /// <exception cref="LaunchFailedException">The keeper does not hand them over.</exception>
    public IReadOnlyList<Descriptor> Sort(IReadOnlyList<ImagedConnection> connections, Descriptor network)
    {
        if (count > 0 && !_complete.Task.Wait(Patience))
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"the machine's {count} connections did not all come from its keeper within {Patience.TotalSeconds} s");
        }

        var sorted = new Descriptor?[connections.Count];
        lock (_lock)
        {
            foreach (var (index, connection) in connections.Index())
            {
                sorted[index] = _sockets.Remove(connection.Inode, out var socket) ? socket : null;
            }

            // The snapshot does not have them: the other end is told.
            foreach (var socket in _sockets.Values)
            {
                socket.Dispose();
            }

            _sockets.Clear();
        }

        return sorted.All(socket => socket is not null)
            ? [.. sorted.OfType<Descriptor>()]
            : NamespaceThread.Run(network, NamespaceKind.Network, () => sorted.Zip(connections, (socket, connection) => socket ?? Reset(connection.IsVersion6)).ToList());
    }

    /// <summary>Whoever reads from it is told ECONNRESET.</summary>
    private static Descriptor Reset(bool isVersion6)
    {
        var loopback = InternetEndpoint.From(isVersion6 ? System.Net.IPAddress.Loopback.MapToIPv6() : System.Net.IPAddress.Loopback, 0);
        var socket = InternetSocket.Create(isVersion6, stream: true);
        try
        {
            // A listener that is closed resets who waits there.
            using var listener = InternetSocket.Create(isVersion6, stream: true);
            InternetSocket.Bind(listener, loopback);
            InternetSocket.Listen(listener, backlog: 1);
            InternetSocket.Connect(socket, InternetSocket.LocalEndpoint(listener)!.Value);
            return socket;
        }
        catch (LinuxException)
        {
            socket.Dispose();
            throw;
        }
    }
}
