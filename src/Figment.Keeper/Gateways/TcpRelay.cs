using System.Net;
using Figment.Linux.Errors;
using Figment.Linux.Polling;
using Figment.Linux.Splicing;

namespace Figment.Keeper.Gateways;

/// <summary>
/// One connection to a published port that the kernel could not translate, carried to a machine and back. Each direction ends on its own (half-close),
/// a reset on either side resets the other, and what is under way is bounded by one pipe a direction: a slow reader slows the writer down. The loop's thread.
/// </summary>
internal sealed class TcpRelay
{
    /// <summary>Pieces of up to 64 KiB that one direction may move before others get their turn.</summary>
    private const int PiecesMax = 16;

    private const PollEvents Interest = PollEvents.Readable | PollEvents.Writable | PollEvents.PeerClosed | PollEvents.EdgeTriggered;

    private readonly NetworkLoop _loop;
    private readonly PipePool _pipes;
    private readonly NetworkSocket _client;
    private readonly NetworkSocket _machine;
    private readonly Action<TcpRelay> _closed;
    private readonly Direction _toMachine;
    private readonly Direction _toClient;
    private Origins.Origin? _origin;
    private ulong _clientToken;
    private ulong _machineToken;
    private bool _connecting = true;
    private bool _over;

    private TcpRelay(NetworkLoop loop, PipePool pipes, NetworkSocket client, NetworkSocket machine, Action<TcpRelay> closed)
    {
        _loop = loop;
        _pipes = pipes;
        _client = client;
        _machine = machine;
        _closed = closed;
        _toMachine = new Direction(client, machine);
        _toClient = new Direction(machine, client);
    }

    /// <summary>Starts to carry. The client's socket is the relay's from now on.</summary>
    /// <param name="loop">Serves it.</param>
    /// <param name="pipes">Shared by all relays of the loop.</param>
    /// <param name="client">The accepted connection.</param>
    /// <param name="origin">Who that is.</param>
    /// <param name="target">The machine's port.</param>
    /// <param name="closed">Called once, when it has ended.</param>
    internal static TcpRelay Start(NetworkLoop loop, PipePool pipes, NetworkSocket client, IPEndPoint? origin, IPEndPoint target, Action<TcpRelay> closed)
    {
        NetworkSocket? machine = null;
        TcpRelay relay;
        try
        {
            machine = NetworkSocket.Open(target.AddressFamily, SocketKind.Stream);
            client.SetRelayOptions();
            machine.SetRelayOptions();
            relay = new TcpRelay(loop, pipes, client, machine, closed);
        }
        catch
        {
            client.Dispose();
            machine?.Dispose();
            throw;
        }

        var error = machine.Connect(target);
        if (origin is not null)
        {
            relay._origin = loop.Origins.Add(machine.LocalEndPoint, origin);
        }

        relay._clientToken = loop.Add(client.Descriptor, Interest, _ => relay.Pump());
        relay._machineToken = loop.Add(machine.Descriptor, Interest, relay.MachineReady);
        if (error is not (Errno.None or Errno.EINPROGRESS))
        {
            relay.Close(reset: true);
        }

        return relay;
    }

    /// <summary>Ends both connections; with a reset if data may be lost.</summary>
    internal void Close(bool reset)
    {
        if (_over)
        {
            return;
        }

        _over = true;
        if (_origin is not null)
        {
            _loop.Origins.Leave(_origin);
        }

        _loop.Remove(_client.Descriptor, _clientToken);
        _loop.Remove(_machine.Descriptor, _machineToken);
        if (reset)
        {
            _client.ResetOnClose();
            _machine.ResetOnClose();
        }

        _toMachine.Pipe?.Dispose();
        _toClient.Pipe?.Dispose();
        _client.Dispose();
        _machine.Dispose();
        _closed(this);
    }

    private void MachineReady(PollEvents events)
    {
        if (_connecting)
        {
            if ((events & (PollEvents.Writable | PollEvents.Error | PollEvents.HungUp)) == 0)
            {
                return;
            }

            if (_machine.PendingError() != Errno.None)
            {
                Close(reset: true);
                return;
            }

            _connecting = false;
        }

        Pump();
    }

    private void Pump()
    {
        if (_over || _connecting)
        {
            return;
        }

        bool again = Move(_toMachine);
        again |= !_over && Move(_toClient);
        if (!_over && _toMachine.IsDone && _toClient.IsDone)
        {
            Close(reset: false);
        }
        else if (again && !_over)
        {
            _loop.Post(Pump);
        }
    }

    /// <summary>Moves what can be moved; true if there may be more at once.</summary>
    private bool Move(Direction direction)
    {
        for (int piece = 0; piece < PiecesMax && !direction.IsDone; piece++)
        {
            int count;
            if (direction.Pipe is { Held: > 0 } full)
            {
                count = full.Drain(direction.To.Descriptor);
            }
            else if (direction.IsAtEnd)
            {
                direction.To.ShutdownWrite();
                direction.IsDone = true;
                break;
            }
            else
            {
                direction.Pipe ??= _pipes.Take();
                count = direction.Pipe.Fill(direction.From.Descriptor);
                direction.IsAtEnd = count == 0;
            }

            if (count == -(int)Errno.EAGAIN)
            {
                ReleaseEmpty(direction);
                return false;
            }

            if (count < 0)
            {
                Close(reset: true);
                return false;
            }
        }

        ReleaseEmpty(direction);
        return !direction.IsDone;
    }

    private void ReleaseEmpty(Direction direction)
    {
        if (direction.Pipe is { Held: 0 } pipe)
        {
            direction.Pipe = null;
            _pipes.Return(pipe);
        }
    }

    private sealed class Direction(NetworkSocket from, NetworkSocket to)
    {
        public NetworkSocket From { get; } = from;

        public NetworkSocket To { get; } = to;

        public SplicePipe? Pipe { get; set; }

        /// <summary>The source sends no more.</summary>
        public bool IsAtEnd { get; set; }

        /// <summary>All was given to the target, and its end too.</summary>
        public bool IsDone { get; set; }
    }
}
