using System.Net;
using Figment.Linux.Polling;
using Figment.Linux.Splicing;

namespace Figment.Keeper.Gateways;

/// <summary>A published TCP port: holds it on the node and relays what the kernel did not translate (loopback, IPv6).</summary>
internal sealed class TcpGateway : IGateway
{
    /// <summary>The kernel cuts it to net.core.somaxconn.</summary>
    internal const int Backlog = 4096;

    /// <summary>Two descriptors each; clients beyond them wait in the backlog.</summary>
    internal const int ConnectionsMax = 4096;

    /// <summary>Connections taken before others get their turn.</summary>
    private const int AcceptsMax = 64;

    private readonly NetworkLoop _loop;
    private readonly PipePool _pipes;
    private readonly NetworkSocket _listener;
    private readonly HashSet<TcpRelay> _relays = [];
    private IReadOnlyList<IPEndPoint> _targets;
    private int _next;
    private ulong _token;
    private bool _paused;

    internal TcpGateway(NetworkLoop loop, PipePool pipes, NetworkSocket listener, IReadOnlyList<IPEndPoint> targets)
    {
        _loop = loop;
        _pipes = pipes;
        _listener = listener;
        _targets = targets;
    }

    public void Start() => _token = _loop.Add(_listener.Descriptor, PollEvents.Readable, _ => Accept());

    public void SetTargets(IReadOnlyList<IPEndPoint> targets) => _targets = targets;

    public void Stop()
    {
        _loop.RemoveTicker(Resume);
        if (!_paused)
        {
            _loop.Remove(_listener.Descriptor, _token);
        }

        _listener.Dispose();
        foreach (var relay in _relays.ToArray())
        {
            relay.Close(reset: true);
        }
    }

    private void Accept()
    {
        for (int count = 0; count < AcceptsMax; count++)
        {
            if (_relays.Count >= ConnectionsMax)
            {
                Pause();
                return;
            }

            var client = _listener.Accept(out var origin, out var error);
            if (client is null)
            {
                if (error is Linux.Errors.Errno.EMFILE or Linux.Errors.Errno.ENFILE or Linux.Errors.Errno.ENOMEM or Linux.Errors.Errno.ENOBUFS)
                {
                    _loop.Log.Warning($"published port {_listener.LocalEndPoint.Port}: cannot take a connection ({error}); tried again shortly");
                    Pause();
                }

                return;
            }

            var target = _targets[(int)((uint)_next++ % (uint)_targets.Count)];
            bool over = false;
            var relay = TcpRelay.Start(_loop, _pipes, client, origin, target, ended =>
            {
                over = true;
                _relays.Remove(ended);
            });
            if (!over)
            {
                _relays.Add(relay);
            }
        }
    }

    /// <summary>Leaves clients in the backlog until the next tick: a listener that stays readable would keep the loop spinning.</summary>
    private void Pause()
    {
        _paused = true;
        _loop.Remove(_listener.Descriptor, _token);
        _loop.AddTicker(Resume);
    }

    private void Resume()
    {
        if (_relays.Count < ConnectionsMax)
        {
            _loop.RemoveTicker(Resume);
            _paused = false;
            Start();
        }
    }
}
