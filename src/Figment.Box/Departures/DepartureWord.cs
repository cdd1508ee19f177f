using Figment.Box.Output;
using Figment.Box.Streams;
using Figment.Linux.Errors;
using Figment.Linux.Polling;

namespace Figment.Box.Departures;

/// <summary>Words between the box and whoever takes the machine away: frames of input, either way, whose content does not count.</summary>
internal static class DepartureWord
{
    /// <summary>A word to the other node and back, however slow.</summary>
    private const int LeadMs = 5_000;

    /// <summary>
    /// The machine is about to stand still. Who takes it leads its packets to where it goes, where they wait, and says so: asked first those that begin new TCP connections, asked again all.
    /// One that came here while it is dumped would be acknowledged and be lost. What the machine sends still gets out.
    /// </summary>
    /// <returns>Whether it has been said.</returns>
    public static bool Lead(FrameChannel client)
    {
        if (!client.Write(StreamKind.Input, []))
        {
            return false;
        }

        using var epoll = new Epoll();
        List<(ulong, PollEvents)> ready = [];
        epoll.Add(client.Socket, PollEvents.Readable, 0);
        epoll.Wait(LeadMs, ready);
        return ready.Count > 0 && Hear(client);
    }

    /// <summary>False: nothing will be said any more.</summary>
    public static bool Hear(FrameChannel client)
    {
        try
        {
            return client.Read((_, _) => { });
        }
        catch (Exception exception) when (exception is InvalidDataException or LinuxException)
        {
            return false;
        }
    }
}
