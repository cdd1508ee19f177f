using Figment.Keeper.Boxes;
using Figment.Machines.States;
using Figment.Model.Control;
using Figment.Model.States;

namespace Figment.Keeper.Hibernation;

/// <summary>Snapshots that users asked for and that boxes are making. The loop's thread.</summary>
internal sealed class UserSnapshots
{
    private readonly Dictionary<string, (long Box, TaskCompletionSource<KeeperReply> Reply)> _pending = new(StringComparer.Ordinal);

    public void Ask(MachineSnapshot? machine, BoxTable boxes, KeeperRequest.TakeSnapshot asked, TaskCompletionSource<KeeperReply> reply)
    {
        if (machine is not { State: MachineState.Running or MachineState.Frozen } || boxes.Find(machine.Box) is not { } box)
        {
            reply.SetResult(new KeeperReply { Error = $"{asked.Machine} does not run: there is nothing to take a snapshot of; start it first (figment start {asked.Machine})" });
            return;
        }

        if (!_pending.TryAdd(asked.Folder, (box.Id, reply)))
        {
            reply.SetResult(new KeeperReply { Error = $"{asked.Folder} is being written already" });
            return;
        }

        // A box that does not take it is killed, and that is its answer.
        boxes.Send(box, new BoxMessage.Checkpoint { Folder = asked.Folder, LeaveRunning = asked.LeaveRunning, Connections = CheckpointConnections.Close, WithFiles = true, ForClones = asked.ForClone });
    }

    public void Complete(string folder, long pauseMs) => Answer(folder, new KeeperReply { PauseMs = pauseMs });

    public void Fail(string folder, string reason) => Answer(folder, new KeeperReply { Error = reason });

    /// <summary>A box is gone, and its machine with it. Returns whether that was so as of a snapshot that is complete: a folder appears when all of it is there.</summary>
    public bool OnGone(long box)
    {
        bool isTaken = false;
        foreach (string folder in _pending.Where(one => one.Value.Box == box).Select(one => one.Key).ToList())
        {
            bool isThere = Directory.Exists(folder);
            isTaken |= isThere;
            Answer(folder, isThere ? new KeeperReply() : new KeeperReply { Error = "its program ended before the snapshot was complete" });
        }

        return isTaken;
    }

    /// <summary>Whoever asked this keeper; it may have been one before.</summary>
    private void Answer(string folder, KeeperReply answer)
    {
        if (_pending.Remove(folder, out var pending))
        {
            pending.Reply.SetResult(answer);
        }
    }
}
