using Figment.Box.Streams;
using Figment.Linux.Polling;
using Figment.Migration.Handover;

namespace Figment.Box.Departures;

/// <summary>Waits for the verdict on a machine that stands still. What is in the file counts, not what the client says: it may be dead, and its successor has ruled.</summary>
internal sealed class DepartureVerdict(VerdictFile file, TimeProvider time)
{
    /// <summary>How often the file is looked at without being told.</summary>
    private const int LookMs = 50;

    /// <summary>What is ruled. If nobody has by the end, it is ruled here that the machine stays.</summary>
    public Verdict Await(FrameChannel client, TimeSpan patience)
    {
        long start = time.GetTimestamp();
        using var epoll = new Epoll();
        List<(ulong, PollEvents)> ready = [];
        bool isListening = true;
        epoll.Add(client.Socket, PollEvents.Readable, 0);
        while (time.GetElapsedTime(start) < patience)
        {
            if (Read() is { } verdict)
            {
                return verdict;
            }

            epoll.Wait(LookMs, ready);
            if (ready.Count > 0 && isListening && !DepartureWord.Hear(client))
            {
                isListening = false;
                epoll.Remove(client.Socket);
            }
        }

        return file.Rule(Verdict.Abort);
    }

    private Verdict? Read()
    {
        try
        {
            // A daemon that has ruled without having been told by anyone who listens here forgets it at once if the machine stays; if it goes, not before this box has ended.
            return file.Read() ?? (file.IsForgotten ? Verdict.Abort : null);
        }
        catch (InvalidDataException)
        {
            // It is damaged; nobody has ruled that the machine goes.
            return Verdict.Abort;
        }
    }
}
