using Figment.Keeper.Fabric;
using Figment.Keeper.Hibernation;
using Figment.Linux.Errors;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Keeper.Lifecycle;

/// <summary>What the daemon asks while a machine moves between nodes. Packets are led first, then it is decided. The loop's thread.</summary>
/// <param name="parts">Networks and log.</param>
/// <param name="stored">Where what came is put.</param>
/// <param name="answers">Numbers of requests.</param>
/// <param name="application">As it is.</param>
/// <param name="place">The launch record in force says from now on where that machine is.</param>
/// <param name="feed">Has it decided.</param>
internal sealed class MoveRequests(KeeperParts parts, StoredMachines stored, Answers answers, Func<ApplicationSnapshot> application, Func<string, string?, ApplicationLaunch> place, Action<MachineInput> feed)
{
    public void Begin(KeeperRequest request, TaskCompletionSource<KeeperReply> reply)
    {
        try
        {
            switch (request)
            {
                case KeeperRequest.Place asked when Find(asked.Machine, reply) is { Launch: { } machine }:
                    Place(machine, reply);
                    break;
                case KeeperRequest.Divert asked when Find(asked.Machine, reply) is not null:
                    if (asked.OnlyNew)
                    {
                        parts.Fabric.PlaceNew(asked.Machine, asked.Node);
                    }
                    else
                    {
                        parts.Fabric.Place(asked.Machine, asked.Node, again: true);
                    }

                    reply.SetResult(new KeeperReply());
                    break;
                case KeeperRequest.Prepare asked when Find(asked.Machine, reply) is not null:
                    if (asked.Opens)
                    {
                        // It was prepared before, and its clients wait.
                        parts.Fabric.Place(asked.Machine, null, again: true);
                    }
                    else
                    {
                        parts.Fabric.Prepare(asked.Machine);
                    }

                    if (asked.OpensNew)
                    {
                        parts.Fabric.PlaceNew(asked.Machine, null);
                    }

                    reply.SetResult(new KeeperReply());
                    break;
                case KeeperRequest.Arrive asked when Figment.Machines.Decisions.Lifecycle.ArrivalComplaint(application(), asked.Machine) is { } complaint:
                    reply.SetResult(new KeeperReply { Error = complaint });
                    break;
                case KeeperRequest.Arrive asked:
                    Arrive(asked, reply);
                    break;
                case KeeperRequest.Admit asked when Find(asked.Machine, reply) is { } machine:
                    if (machine is { State: Model.States.MachineState.Elsewhere, Box: null })
                    {
                        Open(asked.Machine);
                    }

                    place(asked.Machine, null);
                    feed(new MachineInput.AdmitAsked(answers.Add(reply, asked.Machine), asked.Machine));
                    break;
                case KeeperRequest.Dismiss asked when application().Machines.GetValueOrDefault(asked.Machine) is { Launch.Node: { } node }:
                    parts.Fabric.Place(asked.Machine, node);
                    feed(new MachineInput.DismissAsked(answers.Add(reply, asked.Machine), asked.Machine, asked.Keep));
                    break;
                case KeeperRequest.Dismiss:
                    // It is here, or nowhere: there is nothing to take away.
                    reply.SetResult(new KeeperReply());
                    break;
                default:
                    // Found to be unknown, and answered.
                    break;
            }
        }
        catch (Exception exception) when (exception is FabricException or LinuxException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            reply.SetResult(new KeeperReply { Error = exception.Message });
        }
    }

    private void Place(MachineLaunch machine, TaskCompletionSource<KeeperReply> reply)
    {
        var launch = LaunchFile.Read(place(machine.Name, machine.Node).RuntimeDirectory);
        string? node = (launch.Machines.FirstOrDefault(one => one.Name == machine.Name) ?? machine).Node;
        parts.Fabric.Place(machine.Name, node);
        if (node is null)
        {
            parts.Fabric.Unplug(machine.Name);
        }

        place(machine.Name, node);
        feed(new MachineInput.Placed(machine.Name, node));
        reply.SetResult(new KeeperReply());
    }

    private void Arrive(KeeperRequest.Arrive asked, TaskCompletionSource<KeeperReply> reply)
    {
        var machine = application().Machines[asked.Machine];
        if (asked.Folder is { } folder)
        {
            stored.Place(place(asked.Machine, machine.Launch.Node), machine.Launch, folder);
        }

        Open(asked.Machine);
        feed(new MachineInput.ArriveAsked(answers.Add(reply, asked.Machine), asked.Machine));
    }

    /// <summary>Its network namespace is there and what is sent to it waits.</summary>
    private void Open(string machine)
    {
        parts.Fabric.Prepare(machine);
        parts.Fabric.Place(machine, null, again: true);
    }

    private MachineSnapshot? Find(string machine, TaskCompletionSource<KeeperReply> reply)
    {
        if (application().Machines.GetValueOrDefault(machine) is { } found)
        {
            return found;
        }

        reply.SetResult(new KeeperReply { Error = $"no machine {machine} in this application; it has: {string.Join(", ", application().Machines.Keys)}" });
        return null;
    }
}
