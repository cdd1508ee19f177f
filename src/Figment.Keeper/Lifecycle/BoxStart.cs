using System.Text.Json;
using Figment.Keeper.Boxes;
using Figment.Keeper.Hibernation;
using Figment.Keeper.Placeholders;
using Figment.Linux.Files;
using Figment.Linux.Sockets;
using Figment.Machines.Actions;
using Figment.Model;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Keeper.Lifecycle;

/// <summary>Starts a box and gives it all that is its machine's. The loop's thread.</summary>
internal sealed class BoxStart(KeeperParts parts, PlaceholderTable placeholders, KeptSockets kept, StoredMachines stored, BoxTable boxes)
{
    /// <param name="spawn">What was decided.</param>
    /// <param name="machine">What runs in it.</param>
    /// <param name="isStored">It goes on from storage.</param>
    /// <param name="launch">The application.</param>
    /// <exception cref="IOException">There is no snapshot from which it could begin.</exception>
    public void Start(MachineAction.SpawnBox spawn, MachineLaunch machine, bool isStored, ApplicationLaunch launch)
    {
        string? snapshot = spawn.IsClone ? KindSnapshots.Of(launch, machine.Kind) ?? throw new DirectoryNotFoundException("the snapshot of its kind is not there any more") : null;
        bool arrives = spawn.Arrives;
        long begunAt = parts.Time.GetTimestamp();
        if (!isStored && StoredMachines.Has(launch, machine))
        {
            // Of an earlier life: it must never be taken for this one's.
            stored.Drop(launch, machine.Name);
        }

        // They are held already, unless it starts at once after it ended.
        // One that arrives has its own with it.
        if (!arrives)
        {
            placeholders.Hold(machine.Name, machine.Ports);
        }

        using var @namespace = parts.Fabric.OpenMachine(machine.Name);
        using var page = FileCalls.Open(Path.Combine(launch.RuntimeDirectory, "generation"), FileCalls.O_RDONLY);
        Directory.CreateDirectory(Places.MachineRuntime(launch.RuntimeDirectory, machine.Name));
        var box = boxes.Add(spawn.Box, machine.Name, parts.Boxes.Start(launch.BoxPath));
        var taken = placeholders.Take(machine.Name);
        var connections = isStored ? kept.Take(machine.Name) : [];
        var message = Message(machine, launch, taken, begunAt);
        if (isStored)
        {
            message = message with { RestoreFrom = StoredMachines.FolderOf(launch, machine), UsesSnapshotUp = true, Arrives = arrives, KeptConnections = arrives ? null : connections.Count, IsClone = StoredMachines.IsClone(launch, machine) };
        }
        else if (snapshot is not null)
        {
            message = message with { RestoreFrom = snapshot, IsClone = true, KeptConnections = 0 };
        }

        try
        {
            using var parcel = Parcel.Pack([.. taken.Select(placeholder => placeholder.Socket)]);
            boxes.Send(box, message, @namespace.Number, page.Number, parcel.Number);
            foreach (var some in connections.Chunk(DescriptorSocket.DescriptorsMax))
            {
                boxes.Send(box, new BoxMessage.KeptSockets { Connections = [.. some.Select(one => one.Connection)] }, [.. some.Select(one => one.Socket.Number)]);
            }
        }
        finally
        {
            foreach (var (_, socket) in connections)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>What the first start would do for the first time: the serializer's preparation takes longer than all the rest of a start.</summary>
    public static void WarmUp(ApplicationLaunch launch)
    {
        if (launch.Machines is [var machine, ..])
        {
            BoxMessage message = Message(machine, launch, [], begunAt: 0);
            byte[] line = JsonSerializer.SerializeToUtf8Bytes(message, ControlJson.Default.BoxMessage);
            _ = JsonSerializer.Deserialize(line, ControlJson.Default.BoxMessage);
        }
    }

    private static BoxMessage.Launch Message(MachineLaunch machine, ApplicationLaunch launch, IReadOnlyList<Placeholder> held, long begunAt) => new()
    {
        Application = launch.Application,
        Epoch = launch.Epoch,
        Machine = machine,
        RuntimeDirectory = Places.MachineRuntime(launch.RuntimeDirectory, machine.Name),
        StateDirectory = Path.Combine(launch.StateDirectory, "machines", machine.Name),
        Cgroup = MachineGroups.PathOf(launch.Tag, machine.Name),
        Networks = [.. launch.Networks.Select(network => network.Subnet), .. launch.Networks.Select(network => network.Ipv6Subnet).OfType<string>()],
        Gateways = [.. launch.Networks.Select(network => network.Gateway), .. launch.Networks.Select(network => network.Ipv6Gateway).OfType<string>()],
        Placeholders = [.. held.Select(placeholder => placeholder.Port)],
        BegunAt = begunAt,
    };
}
