using System.Text;
using Figment.Box.Checkpoints;
using Figment.Box.Diagnostics;
using Figment.Box.Freezing;
using Figment.Box.Output;
using Figment.Box.Streams;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Migration.Criu;
using Figment.Migration.Handover;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Migration.Snapshots;
using Figment.Migration.Transfer;
using Figment.Migration.Written;
using Figment.Model.Control;

namespace Figment.Box.Departures;

/// <summary>Hands the machine to another node, as a stream to a client that takes it there. One at a time, on the client's thread.</summary>
/// <param name="checkpoint">Dumps it.</param>
/// <param name="freeze">Keeps it from being frozen meanwhile.</param>
/// <param name="stop">Makes it stand still.</param>
/// <param name="network">Its network namespace.</param>
/// <param name="log">For what the client need not know.</param>
/// <param name="time">The clock.</param>
internal sealed class DepartureRun(MachineCheckpoint checkpoint, MachineFreeze freeze, MachineStop stop, Descriptor network, BoxLog log, TimeProvider time)
{
    private static readonly TimeSpan RulesAfter = TimeSpan.FromMilliseconds(HandoverLimits.BoxMs);

    /// <summary>Its packets wait meanwhile.</summary>
    private static readonly TimeSpan StandPatience = TimeSpan.FromSeconds(2);

    private const int StandAgainMs = 20;

    private readonly Lock _running = new();
    private volatile FrameChannel? _follower;
    private volatile bool _isGone;

    /// <summary>What the machine owes the other node.</summary>
    public OwedMemory Owed { get; } = new();

    /// <summary>Serves a client to its end.</summary>
    public void Serve(FrameChannel client, StreamRequest.Depart asked)
    {
        if (checkpoint.Complaint is { } never)
        {
            client.Reply(new StreamReply { Error = never, ExitCode = 1 });
            return;
        }

        using var turn = stop.TryTake();
        if (turn is null)
        {
            client.Reply(new StreamReply { Error = "another snapshot of it is being made", ExitCode = 1 });
            return;
        }

        if (!client.Reply(new StreamReply()))
        {
            return;
        }

        string? stays = Run(client, asked);
        if (stays is not null)
        {
            client.Write(StreamKind.Error, Encoding.UTF8.GetBytes(stays));
        }

        client.Write(StreamKind.Exit, [(byte)(stays is null ? 0 : 1)]);
    }

    /// <summary>The machine has ended. True: it is another node's.</summary>
    public bool Finish()
    {
        // It ended by itself while it was followed: a client that takes its time is not waited for.
        _follower?.Shut();
        Owed.End();
        lock (_running)
        {
            return _isGone;
        }
    }

    /// <summary>Null: it is gone. Else why it stays.</summary>
    private string? Run(FrameChannel client, StreamRequest.Depart asked)
    {
        lock (_running)
        {
            try
            {
                checkpoint.AwaitMemory();
                if (!Directory.Exists(asked.Verdict))
                {
                    // Made again it would stay: nobody knows of it any more.
                    return "it was called off before it began";
                }

                Directory.CreateDirectory(asked.Folder);
                return Move(client, asked);
            }
            catch (Exception exception) when (exception is CriuException or ImageException or SnapshotException or LinuxException or IOException or UnauthorizedAccessException)
            {
                if (exception is CriuException { Log: { Count: > 0 } lines })
                {
                    log.Warn($"move: {string.Join(" | ", lines)}");
                }

                if (stop.Mend() is { } worse)
                {
                    log.Warn(worse);
                }

                return exception.Message;
            }
            finally
            {
                Remove(asked.Folder);
                RemoveRest(asked.Verdict);
            }
        }
    }

    private string? Move(FrameChannel client, StreamRequest.Depart asked)
    {
        using var output = new FrameOutput(client);
        var writer = new TransferWriter(output);
        string? busy = null;
        MachineFreeze.Standstill? still = null;
        OutgoingPlug? plug = null;
        ITimer? limit = null;
        long since = 0;
        try
        {
            _follower = client;
            var written = checkpoint.CopyWritten(writer, asked.Carried);
            using var memory = asked.StopsFirst ? null : Copy(asked, writer, written, new DepartureRounds(client, output));
            bool isGone = checkpoint.Depart(asked.Folder, memory, written, () => StandStill(memory), () => Decide(memory));
            if (isGone)
            {
                _isGone = true;
                still!.HasEnded = true;
                return null;
            }

            return busy ?? "it was called off";
        }
        finally
        {
            _follower = null;
            limit?.Dispose();
            plug?.Dispose();
            still?.Dispose();
        }

        bool StandStill(RunningCopy? memory)
        {
            plug = OutgoingPlug.Prepare(network);
            busy = Lead(client, memory) ? Stand() : "its packets were not led to the other node in time";
            if (busy is null)
            {
                plug.Shut();

                // Whoever does not take the rest in time has it called off: a write that waits ends with the connection.
                _follower = null;
                since = time.GetTimestamp();
                limit = time.CreateTimer(_ => client.Shut(), null, RulesAfter, Timeout.InfiniteTimeSpan);
            }

            return busy is null;
        }

        // A health check is over soon, a child soon born.
        string? Stand()
        {
            using var pause = new Epoll();
            long begun = time.GetTimestamp();
            while (stop.StandStill(ifFrozen: false, out still) is { } complaint)
            {
                if (time.GetElapsedTime(begun) > StandPatience)
                {
                    return complaint;
                }

                still?.Dispose();
                still = null;
                pause.Wait(StandAgainMs, []);
            }

            return null;
        }

        bool Decide(RunningCopy? memory)
        {
            writer.EndRound();
            writer.SendDump(asked.Folder);
            writer.Complete();
            using var owed = memory is { Owes: true } ? Owed.Open(memory) : null;
            output.End();
            limit?.Dispose();
            var verdict = new DepartureVerdict(new VerdictFile(asked.Verdict), time).Await(client, RulesAfter - time.GetElapsedTime(since));
            busy = "the verdict is that it stays";
            if (verdict == Verdict.Commit && owed is not null)
            {
                // CRIU may end meanwhile, and must not let it go on.
                still!.Hold();
                Owed.Await();
                checkpoint.Kill();
                still.LetEnd();
            }

            return verdict == Verdict.Commit;
        }
    }

    /// <summary>No packet comes here any more, and what has come is the program's.</summary>
    private bool Lead(FrameChannel client, RunningCopy? memory)
    {
        if (!DepartureWord.Lead(client))
        {
            return false;
        }

        if (memory is { Owes: false })
        {
            // That new connections went their way took time, in which it went on writing.
            memory.Once();
        }

        using var wait = new PendingWait(network, time);
        if (wait.Connections() is { Count: > 0 } left)
        {
            log.Warn($"move: {left.Unaccepted} connections that its program has not accepted are reset, and {left.Handshakes} that are being made are late or reset");
        }

        if (!DepartureWord.Lead(client))
        {
            return false;
        }

        wait.Datagrams();
        return true;
    }

    /// <summary>Of a machine that is frozen nobody sees that it stands still.</summary>
    private RunningCopy? Copy(StreamRequest.Depart asked, TransferWriter writer, WrittenCopy written, DepartureRounds rounds)
    {
        using var awake = freeze.TryHold();
        if (awake is null)
        {
            return null;
        }

        // Files first: of memory more changes in the same time.
        written.Run(rounds.Files);
        bool waits = asked.Owes == OweMode.All;
        long begun = time.GetTimestamp();
        var memory = checkpoint.Copy(asked.Folder, log, writer, waits, rounds.Memory);
        bool isSlow = memory is not null && OweRule.IsSlow(memory.Rounds, time.GetElapsedTime(begun));
        try
        {
            // What they wrote while memory was copied; if that took long, memory once more.
            if ((written.Run(rounds.Files) is not [var last] || last > 0) && !waits)
            {
                memory?.Again(rounds.Memory);
            }

            if (memory is not null)
            {
                writer.EndRound();
                if (waits || (isSlow && asked.Owes == OweMode.IfSlow))
                {
                    Owe(memory);
                }
            }

            return memory;
        }
        catch
        {
            memory?.Dispose();
            throw;
        }
    }

    private void Owe(RunningCopy memory)
    {
        if (memory.OwingComplaint is { } complaint)
        {
            log.Warn($"move: all memory is sent before the machine goes on: {complaint}");
        }
        else
        {
            memory.Owes = true;
        }
    }

    private void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // It was not made, or went with the move's.
        }
        catch (IOException exception)
        {
            log.Warn($"{folder} is of no use any more and could not be removed: {exception.Message}");
        }
    }

    /// <summary>Who called it off has removed the move's folder, and what was written below it a moment later has made it anew.</summary>
    private static void RemoveRest(string move)
    {
        try
        {
            Directory.Delete(move, recursive: false);
        }
        catch (IOException)
        {
            // There is something in it, as in every move that is known of; or it is gone, as it should be.
        }
    }
}
