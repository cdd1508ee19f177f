using System.Buffers.Binary;

namespace Figment.Linux.Netlink;

/// <summary>Reads queue disciplines: tcmsg with its attributes.</summary>
internal static class QueueParser
{
    internal const ushort TCA_STATS2 = 7;
    internal const ushort TCA_STATS_QUEUE = 3;

    private const int ParentAt = 12;
    private const int RateAt = 8;

    /// <summary>Null for what is no plug, shut or opened.</summary>
    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    internal static QueueInfo? Queue(ReadOnlySpan<byte> payload)
    {
        RouteParser.Require(payload, QueueClient.QueueHeaderBytes, "queue");
        int link = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        uint parent = BinaryPrimitives.ReadUInt32LittleEndian(payload[ParentAt..]);
        string kind = "";
        uint rate = 0;
        var (waiting, dropped) = (0, 0);
        var attributes = new NetlinkAttributes(payload[QueueClient.QueueHeaderBytes..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case QueueClient.TCA_KIND:
                    kind = attributes.AsText();
                    break;
                case QueueClient.TCA_OPTIONS when kind == QueueClient.BucketKind:
                    rate = Rate(attributes.Value);
                    break;
                case TCA_STATS2:
                    (waiting, dropped) = Counts(attributes.Value);
                    break;
                default:
                    break;
            }
        }

        bool isPlug = kind == QueueClient.BucketKind && parent == QueueClient.TC_H_ROOT && rate is QueueClient.PlugRate or QueueClient.OpenRate;
        return isPlug ? new QueueInfo(link, rate == QueueClient.PlugRate, waiting, dropped) : null;
    }

    private static uint Rate(ReadOnlySpan<byte> options)
    {
        var attributes = new NetlinkAttributes(options);
        while (attributes.MoveNext())
        {
            if (attributes.Type == QueueClient.TCA_TBF_PARMS)
            {
                RouteParser.Require(attributes.Value, QueueClient.BucketBytes, "token bucket");
                return BinaryPrimitives.ReadUInt32LittleEndian(attributes.Value[RateAt..]);
            }
        }

        return 0;
    }

    /// <summary>Of struct gnet_stats_queue: qlen, backlog, drops, each a __u32.</summary>
    private static (int Waiting, int Dropped) Counts(ReadOnlySpan<byte> statistics)
    {
        const int DropsAt = 8;
        var attributes = new NetlinkAttributes(statistics);
        while (attributes.MoveNext())
        {
            if (attributes.Type == TCA_STATS_QUEUE)
            {
                RouteParser.Require(attributes.Value, DropsAt + sizeof(int), "statistics of a queue");
                return (BinaryPrimitives.ReadInt32LittleEndian(attributes.Value), BinaryPrimitives.ReadInt32LittleEndian(attributes.Value[DropsAt..]));
            }
        }

        return (0, 0);
    }
}
