using System.Net;
using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Placeholders;
using Figment.Linux.SocketDiagnostics;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Keeper.Placeholders;

/// <summary>The placeholders of one machine. The loop's thread; sockets are made on a thread of their own in the machine's namespace.</summary>
internal sealed class MachinePlaceholders(EventLoop loop, Func<Descriptor> openNamespace, Action<Placeholder> readable) : IDisposable
{
    private readonly List<Placeholder> _held = [];
    private IReadOnlyList<KnownPort> _wanted = [];
    private bool _isWatched;
    private SocketTable? _table;

    /// <summary>How often it was said which are to be held.</summary>
    public int Rounds { get; private set; }

    /// <summary>Why ports are not held, since the last <see cref="Hold"/>.</summary>
    public List<string> Errors { get; } = [];

    public IEnumerable<KnownPort> Ports => _held.Select(placeholder => placeholder.Port);

    public bool Has(int port, TransportProtocol protocol) => _held.Exists(placeholder => placeholder.Port.Port == port && placeholder.Port.Protocol == protocol);

    /// <summary>Makes what is missing, closes what is not named. Returns whether anything changed.</summary>
    public bool Hold(IReadOnlyList<KnownPort> ports)
    {
        bool changed = false;
        _wanted = ports;
        Rounds++;
        foreach (var surplus in _held.Where(placeholder => !ports.Any(port => IsSame(port, placeholder.Port))).ToList())
        {
            Close(surplus);
            changed = true;
        }

        return HoldMissing() || changed;
    }

    /// <summary>Makes what is missing of what was last to be held, unless it was given away since. Returns whether anything was.</summary>
    public bool HoldMissing()
    {
        var missing = _wanted.Where(port => !_held.Exists(placeholder => IsSame(port, placeholder.Port))).ToList();
        Errors.Clear();
        bool made = Make(missing);
        Watch(_isWatched);
        return made;
    }

    /// <summary>There are some.</summary>
    public bool Misses => Errors.Count > 0 && _wanted.Any(port => !_held.Exists(placeholder => IsSame(port, placeholder.Port)));

    /// <summary>These are held from now on, in the place of those of the same ports.</summary>
    public void Adopt(IEnumerable<(KnownPort Port, Descriptor Socket)> sockets)
    {
        foreach (var (port, socket) in sockets)
        {
            foreach (var former in _held.Where(placeholder => IsSame(port, placeholder.Port)).ToList())
            {
                Close(former);
            }

            _held.Add(new Placeholder(port, socket));
        }
    }

    /// <summary>Makes one more. False if that failed; the reason is in <see cref="Errors"/>.</summary>
    public bool Add(KnownPort port) => Make([port]);

    /// <summary>Makes one that is not kept here but sent on to a box.</summary>
    /// <exception cref="LinuxException">The port is taken in that namespace.</exception>
    public Descriptor MakeForBox(KnownPort port)
    {
        using var @namespace = openNamespace();
        return NamespaceThread.Run(@namespace, NamespaceKind.Network, () => New(port));
    }

    /// <summary>Readable placeholders are reported from now on, or no longer.</summary>
    public void Watch(bool wanted)
    {
        _isWatched = wanted;
        foreach (var placeholder in _held)
        {
            if (wanted && placeholder.Token is null)
            {
                placeholder.Token = loop.Watch(placeholder.Socket, () => readable(placeholder));
            }
            else if (!wanted)
            {
                Unwatch(placeholder);
            }
        }
    }

    /// <summary>Who waits at a placeholder, as the kernel knows.</summary>
    public IPEndPoint? Peer(Placeholder placeholder) => placeholder.Port.Protocol == TransportProtocol.Udp
        ? PlaceholderSocket.PeekSender(placeholder.Socket)
        : _table?.PeerOf(placeholder.Port.Port, placeholder.IsDualStack);

    /// <summary>Gives all of them away; the caller closes them.</summary>
    public IReadOnlyList<Placeholder> Take()
    {
        Watch(false);
        Placeholder[] taken = [.. _held];
        _held.Clear();
        _wanted = [];
        return taken;
    }

    /// <summary>Closes all: clients that wait are reset. Returns whether there were any.</summary>
    public bool CloseAll()
    {
        bool any = _held.Count > 0;
        foreach (var placeholder in _held.ToList())
        {
            Close(placeholder);
        }

        _wanted = [];
        Errors.Clear();
        return any;
    }

    public void Dispose()
    {
        CloseAll();
        _table?.Dispose();
    }

    /// <summary>
    /// Of whatever family: a placeholder that turns out to be of the wrong one may have clients waiting, whom closing it would reset.
    /// The box relays those; the next placeholder is made as has been learnt.
    /// </summary>
    private static bool IsSame(KnownPort one, KnownPort other) => one.Port == other.Port && one.Protocol == other.Protocol;

    private static Descriptor New(KnownPort port)
    {
        bool dualStack = port.Family == ListenFamily.DualStack;
        return port.Protocol == TransportProtocol.Udp ? PlaceholderSocket.BindDatagram(port.Port, dualStack) : PlaceholderSocket.Listen(port.Port, dualStack);
    }

    private bool Make(IReadOnlyList<KnownPort> ports)
    {
        if (ports.Count == 0)
        {
            return false;
        }

        int before = _held.Count;
        using var @namespace = openNamespace();
        NamespaceThread.Run(@namespace, NamespaceKind.Network, () =>
        {
            _table ??= new SocketTable();
            foreach (var port in ports)
            {
                try
                {
                    _held.Add(new Placeholder(port, New(port)));
                }
                catch (LinuxException exception)
                {
                    Errors.Add($"port {port.Port}/{(port.Protocol == TransportProtocol.Udp ? "udp" : "tcp")} cannot be held: {exception.Message}");
                }
            }

            return true;
        });
        return _held.Count > before;
    }

    private void Close(Placeholder placeholder)
    {
        Unwatch(placeholder);
        placeholder.Socket.Dispose();
        _held.Remove(placeholder);
    }

    private void Unwatch(Placeholder placeholder)
    {
        if (placeholder.Token is { } token)
        {
            loop.Unwatch(placeholder.Socket, token);
            placeholder.Token = null;
        }
    }
}
