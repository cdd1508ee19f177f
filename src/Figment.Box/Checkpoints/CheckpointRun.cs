using Figment.Box.Diagnostics;
using Figment.Box.Freezing;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Migration.Criu;
using Figment.Migration.Images;
using Figment.Model.Control;

namespace Figment.Box.Checkpoints;

/// <summary>Puts the machine onto storage when it is asked to, one at a time, on a thread of its own: whoever asked goes on being heard meanwhile.</summary>
/// <param name="checkpoint">Writes the machine.</param>
/// <param name="freeze">Keeps it from being frozen meanwhile.</param>
/// <param name="cgroup">Its groups.</param>
/// <param name="stop">Makes it stand still.</param>
/// <param name="servesDatagrams">Whether it serves others at this UDP port.</param>
/// <param name="tell">Sends to the keeper.</param>
/// <param name="log">For what the keeper need not know.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckpointRun(MachineCheckpoint checkpoint, MachineFreeze freeze, MachineCgroup cgroup, MachineStop stop, Func<int, bool> servesDatagrams, Action<BoxMessage> tell, BoxLog log, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Thread? _thread;
    private StoredMachine? _ended;

    public void Begin(BoxMessage.Checkpoint asked)
    {
        lock (_lock)
        {
            if (_thread is { IsAlive: true } || stop.TryTake() is not { } turn)
            {
                tell(new BoxMessage.CheckpointFailed { Folder = asked.Folder, Reason = "another snapshot of it is being made" });
                return;
            }

            _thread = new Thread(() => Run(asked, turn)) { IsBackground = true, Name = "checkpoint" };
            _thread.Start();
        }
    }

    /// <summary>The machine has ended. Null: not because it is on storage.</summary>
    public StoredMachine? Finish()
    {
        Thread? thread;
        lock (_lock)
        {
            thread = _thread;
        }

        thread?.Join();
        return _ended;
    }

    private void Run(BoxMessage.Checkpoint asked, IDisposable turn)
    {
        using var own = turn;
        string? busy;
        try
        {
            checkpoint.AwaitMemory();
            busy = checkpoint.Complaint ?? Write(asked);
        }
        catch (Exception exception) when (exception is CriuException or ImageException or LinuxException or IOException or UnauthorizedAccessException)
        {
            if (exception is CriuException { Log: { Count: > 0 } lines })
            {
                log.Warn($"snapshot: {string.Join(" | ", lines)}");
            }

            busy = exception.Message;
        }

        if (busy is not null)
        {
            tell(new BoxMessage.CheckpointFailed { Folder = asked.Folder, Reason = busy });
        }
    }

    /// <summary>Nothing holds them any more: the kernel ends them.</summary>
    private static IReadOnlyList<(KeptConnection Connection, Descriptor Socket)> Close(IReadOnlyList<(KeptConnection Connection, Descriptor Socket)> connections)
    {
        foreach (var (_, socket) in connections)
        {
            socket.Dispose();
        }

        return [];
    }

    /// <summary>Null: it is on storage. Else what is in the way.</summary>
    private string? Write(BoxMessage.Checkpoint asked)
    {
        string? busy = null;
        long start = 0;
        long begun = time.GetTimestamp();
        MachineFreeze.Standstill? still = null;
        BoxMessage.Checkpointed? message = null;
        IReadOnlyList<Descriptor> listeners = [];
        IReadOnlyList<(KeptConnection Connection, Descriptor Socket)> connections = [];
        try
        {
            checkpoint.Write(asked, new CheckpointSteps(Copy, StandStill, Complete, Dumped));
            message = message is null ? null : message with { TookMs = (long)time.GetElapsedTime(begun).TotalMilliseconds, Bytes = new DirectoryInfo(asked.Folder).EnumerateFiles().Sum(file => file.Length) };
            if (message is not null && !asked.LeaveRunning)
            {
                still!.HasEnded = true;
                foreach (var (_, socket) in connections)
                {
                    InternetSocket.EndRepair(socket);

                    // The end of repair takes that away, and whoever binds the port after the connection's end would find it taken.
                    InternetSocket.SetReuseAddress(socket);
                }

                _ended = new StoredMachine(message, listeners, asked.Connections == CheckpointConnections.Keep ? connections : Close(connections));
                return null;
            }
        }
        catch
        {
            foreach (var socket in listeners.Concat(connections.Select(one => one.Socket)))
            {
                socket.Dispose();
            }

            // Why there is no snapshot is more important.
            if (stop.Mend() is { } worse)
            {
                log.Warn(worse);
            }

            throw;
        }
        finally
        {
            still?.Dispose();
        }

        if (message is not null)
        {
            tell(message);
        }

        return busy;

        // Of a machine that is frozen nobody sees that it stands still.
        RunningCopy? Copy(string images)
        {
            using var awake = asked.LeaveRunning ? freeze.TryHold() : null;
            return awake is null ? null : checkpoint.Copy(images, log);
        }

        bool StandStill()
        {
            start = time.GetTimestamp();
            busy = stop.StandStill(asked.IfFrozen, out still);
            return busy is null;
        }

        void Complete()
        {
            var served = asked.LeaveRunning || asked.Connections == CheckpointConnections.Close ? [] : ServedSockets.Take(cgroup, servesDatagrams);
            listeners = [.. served.Select(one => one.Socket)];
            connections = asked is { LeaveRunning: false, Connections: not CheckpointConnections.Stop } ? OpenConnections.Take(cgroup) : [];
            message = new BoxMessage.Checkpointed { Folder = asked.Folder, GoesOn = asked.LeaveRunning, Listeners = [.. served.Select(one => one.Port)], PauseMs = Pause() };
        }

        void Dumped()
        {
            if (asked.LeaveRunning)
            {
                still?.Dispose();
                still = null;
                message = message is null ? null : message with { PauseMs = Pause() };
            }
        }

        long Pause() => (long)time.GetElapsedTime(start).TotalMilliseconds;
    }
}
