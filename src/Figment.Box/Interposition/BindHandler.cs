using Figment.Box.Diagnostics;
using Figment.Box.Relays;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Memory;
using Figment.Linux.Mounts;
using Figment.Linux.Seccomp;
using Figment.Migration.Images;
using Figment.Model.Specs;

namespace Figment.Box.Interposition;

/// <summary>Answers bind, listen and the question whether a socket listens. The trap thread only.</summary>
internal sealed class BindHandler(PlaceholderTable placeholders, ListenWatch listens, RelayService relays, IReadOnlyList<InternetEndpoint> own, BoxLog log)
{
    /// <summary>What a placeholder's queue may hold; more is an attack.</summary>
    private const int RelayedMax = 4096;
    private const int DatagramsMax = 64;
    private const int DatagramBytesMax = 65_536;

    private IReadOnlyList<Descriptor> _kept = [];

    /// <summary>While the machine is restored: sockets of connections that it still has. The former ones are closed.</summary>
    public void Keep(IReadOnlyList<Descriptor> connections)
    {
        foreach (var socket in _kept)
        {
            socket.Dispose();
        }

        _kept = connections;
    }

    public void Bind(TrapListener listener, in TrappedCall call)
    {
        try
        {
            if (!TryBind(listener, call))
            {
                listener.Continue(call.Id);
            }
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // The caller may have been killed meanwhile. Whatever it was, its own bind tells it the truth.
            log.Warn($"bind of thread {call.Thread} goes on natively: {exception.Message}");
            listener.Continue(call.Id);
        }
    }

    /// <summary>Performed here, on the program's own socket, and not held any longer: a program that closes its listener at once refuses the next client as it would natively.</summary>
    public void Listen(TrapListener listener, in TrappedCall call)
    {
        using (var socket = RemoteSocket.Take(call.Thread, call.Descriptor))
        {
            if (socket is null || !InternetSocket.TryIdentify(socket, out var identity) || !identity.IsTcp || !listener.IsValid(call.Id))
            {
                listener.Continue(call.Id);
                return;
            }

            try
            {
                InternetSocket.Listen(socket, unchecked((int)call.Address));
                listens.Listening(socket);
            }
            catch (LinuxException exception)
            {
                listener.Fail(call.Id, exception.Error);
                return;
            }
        }

        listener.Succeed(call.Id);
    }

    /// <summary>A placeholder listens before the program said so. A program that asks (haproxy, servers that take over sockets) must not learn it: it would never say so.</summary>
    public void AcceptsConnections(TrapListener listener, in TrappedCall call)
    {
        try
        {
            using var socket = RemoteSocket.Take(call.Thread, call.Descriptor);
            if (socket is null || !InternetSocket.TryIdentify(socket, out var identity) || !identity.IsTcp || !listens.IsEarly(socket) || !TryWriteFalse(listener, call))
            {
                listener.Continue(call.Id);
            }
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            log.Warn($"getsockopt of thread {call.Thread} goes on natively: {exception.Message}");
            listener.Continue(call.Id);
        }
    }

    /// <summary>False: the arguments are such that the kernel is to refuse them.</summary>
    private static bool TryWriteFalse(TrapListener listener, in TrappedCall call)
    {
        using var memory = ProcessMemory.Open(call.Thread);
        Span<byte> length = stackalloc byte[sizeof(int)];
        if (!listener.IsValid(call.Id) || RandomAccess.Read(memory, length, (long)call.ResultLength) != length.Length || BitConverter.ToInt32(length) is not (>= 0 and var room))
        {
            return false;
        }

        Span<byte> answer = stackalloc byte[Math.Min(room, sizeof(int))];
        answer.Clear();
        BitConverter.TryWriteBytes(length, answer.Length);
        RandomAccess.Write(memory, answer, (long)call.Result);
        RandomAccess.Write(memory, length, (long)call.ResultLength);
        listener.Succeed(call.Id);
        return true;
    }

    /// <summary>False: nothing was done.</summary>
    private bool TryBind(TrapListener listener, in TrappedCall call)
    {
        Span<byte> bytes = stackalloc byte[InternetEndpoint.BytesMax];
        int length = ProcessMemory.Read(call.Thread, call.Address, bytes[..(int)Math.Min(call.Length, InternetEndpoint.BytesMax)]);
        if (!InternetEndpoint.TryParse(bytes[..length], out var endpoint) || endpoint.Port == 0 || !listener.IsValid(call.Id))
        {
            return false;
        }

        if (_kept.Count > 0 && ConnectionImages.PlaceAt(endpoint) is { } place && place < _kept.Count)
        {
            if (listener.Place(call.Id, _kept[place], call.Descriptor, CallerState.ClosesOnExec(call.Thread, call.Descriptor)))
            {
                listener.Succeed(call.Id);
            }

            return true;
        }

        var socket = RemoteSocket.Take(call.Thread, call.Descriptor);
        if (socket is null)
        {
            return false;
        }

        // A connection that is put back has the port of the listener that it came from.
        if (!InternetSocket.TryIdentify(socket, out var identity) || !(identity.IsTcp || identity.IsUdp) || (identity.IsTcp && InternetSocket.IsInRepair(socket)))
        {
            socket.Dispose();
            return false;
        }

        var protocol = identity.IsTcp ? TransportProtocol.Tcp : TransportProtocol.Udp;
        listens.BoundByName(socket);
        bool answered = placeholders.Find(endpoint.Port, protocol) is { } placeholder && Meet(listener, call, socket, identity, endpoint, placeholder);
        if (!answered)
        {
            listener.Continue(call.Id);
        }

        if (!answered && protocol == TransportProtocol.Udp)
        {
            listens.Watch(socket);
        }
        else
        {
            socket.Dispose();
        }

        return true;
    }

    /// <summary>False: the bind goes on natively.</summary>
    private bool Meet(TrapListener listener, in TrappedCall call, Descriptor socket, SocketIdentity identity, InternetEndpoint endpoint, Placeholder placeholder)
    {
        bool version6Only = identity.IsVersion6 && InternetSocket.IsVersion6Only(socket);
        var choice = BindRules.Choose(identity.IsVersion6, version6Only, endpoint, placeholder.IsVersion6);
        if (choice == BindChoice.TakePlaceholder && CallerState.IsWatched(call.Thread, call.Descriptor))
        {
            choice = BindChoice.Relay;
        }

        switch (choice)
        {
            case BindChoice.TakePlaceholder:
                return Take(listener, call, socket, placeholder);
            case BindChoice.Relay:
                Relay(placeholder, endpoint);
                return false;
            case BindChoice.CloseForLoopback:
                placeholders.Close(placeholder);
                return false;
            default:
                return false;
        }
    }

    private bool Take(TrapListener listener, in TrappedCall call, Descriptor socket, Placeholder placeholder)
    {
        foreach (string failure in SocketOptions.Copy(socket, placeholder.Socket))
        {
            log.Warn($"port {placeholder.Port}: an option of the program's socket is not on the placeholder: {failure}");
        }

        InternetSocket.SetNonBlocking(placeholder.Socket, InternetSocket.IsNonBlocking(socket));

        // A port is shared (SO_REUSEPORT) only among sockets of one user.
        var (user, group) = CallerState.FileIdentity(call.Thread);
        MountCalls.ChangeOwner(placeholder.Socket, user, group);
        if (!listener.Place(call.Id, placeholder.Socket, call.Descriptor, CallerState.ClosesOnExec(call.Thread, call.Descriptor)))
        {
            return true;
        }

        listener.Succeed(call.Id);
        listens.PlaceholderTaken(placeholder);
        placeholders.Give(placeholder);
        return true;
    }

    private void Relay(Placeholder placeholder, InternetEndpoint endpoint)
    {
        InternetSocket.SetNonBlocking(placeholder.Socket, true);
        if (placeholder.Protocol == TransportProtocol.Tcp)
        {
            List<Descriptor> clients = [];
            while (clients.Count < RelayedMax && InternetSocket.TryAccept(placeholder.Socket) is { } client)
            {
                clients.Add(client);
            }

            if (clients.Count > 0)
            {
                relays.TakeConnections(placeholder.Port, clients);
            }
        }
        else if (ReadDatagrams(placeholder) is { Count: > 0 } datagrams)
        {
            var to = endpoint.Unmapped;
            bool version6 = datagrams[0].From.Unmapped.IsVersion6;
            var address = to.IsWildcard ? own.FirstOrDefault(address => address.IsVersion6 == version6) : to;
            relays.TakeDatagrams(placeholder.Port, address with { Port = (ushort)placeholder.Port }, datagrams);
        }

        placeholders.Take(placeholder);
    }

    private static List<(InternetEndpoint From, byte[] Payload)> ReadDatagrams(Placeholder placeholder)
    {
        List<(InternetEndpoint, byte[])> datagrams = [];
        byte[] buffer = new byte[DatagramBytesMax];
        while (datagrams.Count < DatagramsMax && InternetSocket.TryReceiveFrom(placeholder.Socket, buffer, out var from) is >= 0 and var count)
        {
            datagrams.Add((from, buffer[..count]));
        }

        return datagrams;
    }
}
