using System.Net;
using Figment.Linux.Errors;
using Figment.Linux.Internet;
using Figment.Linux.Memory;
using Figment.Linux.Seccomp;
using Figment.Model.Control;
using Figment.Model.Specs;

namespace Figment.Box.Interposition;

/// <summary>Holds a program's connect to a machine of the application until the keeper has had the occasion to put a placeholder there. The trap thread only.</summary>
internal sealed class ConnectGate(BoxMessage.Launch launch, GenerationPage generation, PlaceholderTable placeholders, Action<BoxMessage> tell, TimeProvider time)
{
    /// <summary>Longer than a keeper needs to make a placeholder, shorter than a program's patience.</summary>
    private static readonly TimeSpan HoldTime = TimeSpan.FromSeconds(5);

    /// <summary>Without a keeper nobody makes a placeholder; one that is being restarted may come within this time.</summary>
    private static readonly TimeSpan HoldTimeWithoutKeeper = TimeSpan.FromSeconds(1);

    /// <summary>More calls than this at once are let go on: each holds a thread of the machine.</summary>
    private const int WaitingMax = 1024;

    /// <summary>More targets than this are asked for again.</summary>
    private const int GrantsMax = 4096;

    private readonly AddressRange[] _networks = [.. launch.Networks.Select(AddressRange.Parse)];
    private readonly HashSet<UInt128> _own = [.. OwnAddresses(launch).Select(endpoint => endpoint.Address)];
    private readonly HashSet<UInt128> _excluded = [.. launch.Gateways.Select(text => InternetEndpoint.From(IPAddress.Parse(text), 0)).Concat(OwnAddresses(launch)).Select(endpoint => endpoint.Address)];
    private readonly Dictionary<ConnectTarget, long> _grants = [];
    private readonly Dictionary<long, Waiting> _waiting = [];
    private readonly List<long> _due = [];
    private long _lastId;
    private bool _keeperPresent = true;

    /// <summary>The machine is being restored: connections are put back that were there before.</summary>
    public bool IsRestoring { get; set; }

    /// <summary>Answers the call, now or later. Allocates nothing when the target was granted.</summary>
    public void Handle(TrapListener listener, in TrappedCall call)
    {
        if (IsRestoring)
        {
            listener.Continue(call.Id);
            return;
        }

        Span<byte> bytes = stackalloc byte[InternetEndpoint.BytesMax];
        int length = ProcessMemory.Read(call.Thread, call.Address, bytes[..(int)Math.Min(call.Length, InternetEndpoint.BytesMax)]);
        bool isInternet = InternetEndpoint.TryParse(bytes[..length], out var endpoint);
        endpoint = endpoint.Unmapped;
        if (isInternet && IsUntaken(endpoint) && listener.IsValid(call.Id) && RemoteSocket.TryIdentify(call.Thread, call.Descriptor, out var own) && own.IsTcp)
        {
            listener.Fail(call.Id, Errno.ECONNREFUSED);
            return;
        }

        if (!isInternet || !Concerns(endpoint)
            || !listener.IsValid(call.Id) || !RemoteSocket.TryIdentify(call.Thread, call.Descriptor, out var socket) || !(socket.IsTcp || socket.IsUdp))
        {
            listener.Continue(call.Id);
            return;
        }

        var target = new ConnectTarget(endpoint, socket.IsTcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
        if ((_grants.TryGetValue(target, out long granted) && granted == generation.Value) || _waiting.Count >= WaitingMax)
        {
            listener.Continue(call.Id);
            return;
        }

        Hold(listener, call.Id, target);
    }

    /// <summary>The keeper has answered.</summary>
    public void Grant(long id)
    {
        if (_waiting.Remove(id, out var waiting))
        {
            if (_grants.Count >= GrantsMax)
            {
                _grants.Clear();
            }

            _grants[waiting.Target] = generation.Value;
            waiting.Release();
        }
    }

    /// <summary>A keeper came, who is asked again, or went.</summary>
    public void KeeperChanged(bool present)
    {
        _keeperPresent = present;
        foreach (var (id, waiting) in _waiting)
        {
            if (present)
            {
                tell(Question(id, waiting.Target));
            }
            else
            {
                waiting.Deadline = Math.Min(waiting.Deadline, Deadline(HoldTimeWithoutKeeper));
            }
        }
    }

    /// <summary>Lets go what waited too long; returns when to come again, as a timestamp.</summary>
    public long? ReleaseDue(long now)
    {
        long? next = null;
        _due.Clear();
        foreach (var (id, waiting) in _waiting)
        {
            if (waiting.Deadline <= now)
            {
                _due.Add(id);
            }
            else
            {
                next = Math.Min(next ?? long.MaxValue, waiting.Deadline);
            }
        }

        foreach (long id in _due)
        {
            _waiting.Remove(id, out var waiting);
            waiting?.Release();
        }

        return next;
    }

    /// <summary>
    /// A program that asks its own machine whether something serves a port already (RabbitMQ does, for its port mapper) must hear that nothing does:
    /// the placeholder there would let it wait for itself.
    /// </summary>
    private bool IsUntaken(InternetEndpoint endpoint) =>
        (endpoint.IsLoopback || endpoint.IsWildcard || _own.Contains(endpoint.Address)) && placeholders.Find(endpoint.Port, TransportProtocol.Tcp) is not null;

    internal bool Concerns(InternetEndpoint endpoint)
    {
        foreach (var network in _networks)
        {
            if (network.Contains(endpoint))
            {
                return !_excluded.Contains(endpoint.Address);
            }
        }

        return false;
    }

    /// <summary>The machine's own, with port 0.</summary>
    internal static IReadOnlyList<InternetEndpoint> OwnAddresses(BoxMessage.Launch launch) =>
    [
        .. launch.Machine.Interfaces.SelectMany(eth => new[] { eth.Address, eth.Ipv6Address }).OfType<string>().Select(text => InternetEndpoint.From(IPAddress.Parse(text), 0)),
    ];

    private static BoxMessage.Wanted Question(long id, ConnectTarget target) =>
        new() { Id = id, Address = target.Endpoint.ToAddress().ToString(), Port = target.Endpoint.Port, Protocol = target.Protocol };

    private void Hold(TrapListener listener, ulong call, ConnectTarget target)
    {
        foreach (var other in _waiting.Values)
        {
            if (other.Target == target)
            {
                other.Calls.Add((listener, call));
                return;
            }
        }

        long id = ++_lastId;
        _waiting[id] = new Waiting { Target = target, Deadline = Deadline(_keeperPresent ? HoldTime : HoldTimeWithoutKeeper), Calls = { (listener, call) } };
        tell(Question(id, target));
    }

    private long Deadline(TimeSpan after) => time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);

    private sealed class Waiting
    {
        public required ConnectTarget Target { get; init; }

        public required long Deadline { get; set; }

        public List<(TrapListener Listener, ulong Call)> Calls { get; } = [];

        public void Release()
        {
            foreach (var (listener, call) in Calls)
            {
                if (!listener.Descriptor.IsClosed)
                {
                    listener.Continue(call);
                }
            }
        }
    }
}
