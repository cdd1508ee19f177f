using System.Net;
using Figment.Keeper.Boxes;
using Figment.Keeper.Fabric;
using Figment.Keeper.Placeholders;
using Figment.Linux.Errors;
using Figment.Linux.Sockets;
using Figment.Machines.States;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.States;

namespace Figment.Keeper.Lifecycle;

/// <summary>A program is about to connect to a machine: if that is not running and does not hold the port yet, it does before the call goes on. The loop's thread.</summary>
internal sealed class Wants(KeeperParts parts, PlaceholderTable placeholders, BoxTable boxes)
{
    /// <summary>The machine that has a new placeholder, or null if nothing had to be made.</summary>
    public MachineSnapshot? Grant(Box from, BoxMessage.Wanted wanted, ApplicationSnapshot application)
    {
        if (!IPAddress.TryParse(wanted.Address, out var address) || wanted.Port is < 1 or > ushort.MaxValue)
        {
            parts.Log.Write($"{from.Machine}: its box asks for {wanted.Address} port {wanted.Port}, which is no address");
            return null;
        }

        MachineSnapshot? changed = null;
        foreach (string led in parts.Balancer.LedFrom(address))
        {
            changed = Grant(from, led, wanted, application) ?? changed;
        }

        return changed ?? (parts.Fabric.MachineAt(address) is { } name ? Grant(from, name, wanted, application) : null);
    }

    private MachineSnapshot? Grant(Box from, string name, BoxMessage.Wanted wanted, ApplicationSnapshot application)
    {
        // A program that looks whether its own port is served is to be told the truth.
        if (name == from.Machine || !application.Machines.TryGetValue(name, out var target))
        {
            return null;
        }

        var port = new KnownPort { Port = wanted.Port, Protocol = wanted.Protocol };
        return target.State switch
        {
            MachineState.Imaginary or MachineState.Waiting => Hold(target, port),
            MachineState.Starting => SendOn(target, port),
            _ => null,
        };
    }

    private MachineSnapshot? Hold(MachineSnapshot target, KnownPort port)
    {
        var held = placeholders.Of(target.Name);
        if (held.Has(port.Port, port.Protocol) || !Learn(target, port))
        {
            return null;
        }

        try
        {
            if (held.Add(port))
            {
                return target;
            }

            parts.Log.Write($"{target.Name}: {held.Errors[^1]}");
        }
        catch (Exception exception) when (exception is LinuxException or FabricException)
        {
            parts.Log.Write($"{target.Name}: port {port.Port} that a program wants cannot be held: {exception.Message}");
        }

        return null;
    }

    /// <summary>The placeholders are its box's by now: it gets one more.</summary>
    private MachineSnapshot? SendOn(MachineSnapshot target, KnownPort port)
    {
        if (target.Launch.Ports.Any(known => known.Port == port.Port && known.Protocol == port.Protocol)
            || boxes.Find(target.Box) is not { } box
            || !Learn(target, port))
        {
            return null;
        }

        try
        {
            using var parcel = Parcel.Pack([placeholders.Of(target.Name).MakeForBox(port)]);
            var message = new BoxMessage.NewPlaceholder { Port = port.Port, Protocol = port.Protocol, Family = port.Family };
            return boxes.Send(box, message, parcel.Number) ? target : null;
        }
        catch (Exception exception) when (exception is LinuxException or FabricException)
        {
            // EADDRINUSE: the program has just bound it, so the caller finds it there.
            parts.Log.Write($"{target.Name}: port {port.Port} that a program wants is not held: {exception.Message}");
            return null;
        }
    }

    private bool Learn(MachineSnapshot target, KnownPort port)
    {
        if (parts.Learnt.Want(target.Launch.Service, port.Port, port.Protocol))
        {
            return true;
        }

        parts.Log.Write($"{target.Name}: port {port.Port} is not held: service {target.Launch.Service} has {Learning.LearntPorts.PortsMax} learnt ports already; name it under expose");
        return false;
    }
}
