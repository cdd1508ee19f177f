using System.Text;
using Figment.Box.Output;
using Figment.Box.Streams;
using Figment.Linux.Polling;
using Figment.Migration.Lazy;
using Figment.Model.Control;

namespace Figment.Box.Arrivals;

/// <summary>Says to a client which memory the machine lacks that is still at the node it came from, and takes it. On the client's thread.</summary>
internal static class MemoryFeed
{
    private const ulong ClientToken = 0;
    private const ulong AskedToken = 1;

    /// <param name="client">Fetches it.</param>
    /// <param name="owed">What is to come; null: all is here.</param>
    public static void Serve(FrameChannel client, OwedPages? owed)
    {
        if (!client.Reply(new StreamReply()) || (owed is not null && !Run(client, owed)))
        {
            owed?.Again();
            return;
        }

        client.Write(StreamKind.Exit, [0]);
    }

    /// <summary>False: the client has gone.</summary>
    private static bool Run(FrameChannel client, OwedPages owed)
    {
        using var epoll = new Epoll();
        epoll.Add(client.Socket, PollEvents.Readable, ClientToken);
        epoll.Add(owed.Asked, PollEvents.Readable, AskedToken);
        List<(ulong Token, PollEvents Events)> ready = [];
        owed.Again();
        while (!owed.IsOver)
        {
            epoll.Wait(Timeout.Infinite, ready);
            foreach (var (token, _) in ready)
            {
                if (token == ClientToken ? !client.Read((kind, given) => Take(owed, kind, given)) : !Ask(client, owed))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Ask(FrameChannel client, OwedPages owed)
    {
        while (owed.TryTake(out var piece))
        {
            if (!client.Write(StreamKind.Output, OwedText.Ask(piece)))
            {
                return false;
            }
        }

        return true;
    }

    private static void Take(OwedPages owed, StreamKind kind, ReadOnlyMemory<byte> given)
    {
        if (kind == StreamKind.Error)
        {
            owed.Lose(Encoding.UTF8.GetString(given.Span));
        }
        else
        {
            owed.Give(given.Span);
        }
    }
}
