using System.Buffers.Binary;
using Figment.Linux.Errors;

namespace Figment.Linux.Netlink;

/// <summary>
/// Plugs interfaces: what they are to send waits in a token bucket (tc-tbf(8)) whose tokens never suffice, and leaves in order when it is opened. Works in the namespace of the
/// client whose socket it shares. One thread at a time.
/// </summary>
public sealed class QueueClient(RouteClient client)
{
    internal const uint TC_H_ROOT = 0xFFFFFFFF;
    internal const byte TC_LINKLAYER_ETHERNET = 1;
    internal const ushort TCA_KIND = 1;
    internal const ushort TCA_OPTIONS = 2;
    internal const ushort TCA_TBF_PARMS = 1;
    internal const ushort TCA_TBF_BURST = 6;
    internal const int QueueHeaderBytes = 20;
    internal const int BucketBytes = 36;
    internal const string BucketKind = "tbf";

    /// <summary>
    /// A packet of any length counts as <see cref="PlugPacketBytes"/>, and the bucket holds less: nothing leaves, not even at first when a bucket is full. The rate says how soon the
    /// kernel looks again (535 bytes that are wanting: a millisecond), and with it how soon an opened queue begins to flow.
    /// </summary>
    internal const uint PlugRate = 535_000;

    private const ushort PlugPacketBytes = ushort.MaxValue;
    private const uint PlugBucketBytes = 65_000;

    /// <summary>The highest that fits, with a bucket that no packet is longer than: an opened queue delays nothing.</summary>
    internal const uint OpenRate = uint.MaxValue;
    private const uint OpenBucketBytes = 1 << 30;

    /// <summary>PSCHED_TICKS2NS of linux/pkt_sched.h (kernel): a tick of the scheduler's clock.</summary>
    private const int NanosecondsPerTick = 64;
    private const uint Handle = 0x10000;

    private readonly NetlinkSocket _socket = client.Socket;

    /// <summary>All plugs, shut or opened; other queue disciplines are not among them.</summary>
    public IReadOnlyList<QueueInfo> Queues()
    {
        var queues = new List<QueueInfo>();
        _socket.Dump(
            new NetlinkRequest(RouteMessage.GetQueueDiscipline, NetlinkFlags.None, "all queue disciplines").Fixed(Header(0, 0)),
            queues.Clear,
            payload =>
            {
                if (QueueParser.Queue(payload) is { } queue)
                {
                    queues.Add(queue);
                }
            });
        return queues;
    }

    /// <summary>From now on the interface sends nothing. What waits already goes on waiting.</summary>
    /// <param name="link">The interface.</param>
    /// <param name="bytesMax">What comes when so much waits is lost.</param>
    public void Plug(int link, int bytesMax)
    {
        uint ticks = (uint)(PlugBucketBytes * 1_000_000_000L / PlugRate / NanosecondsPerTick);
        _socket.Request(Request(RouteMessage.NewQueueDiscipline, NetlinkFlags.Create | NetlinkFlags.Replace, link, "plug")
            .Nested(TCA_OPTIONS, options => options.Attribute(TCA_TBF_PARMS, Bucket(PlugRate, PlugPacketBytes, (uint)bytesMax, ticks))));
    }

    /// <summary>Lets out what waits, and all that comes. An interface that is not plugged stays as it is.</summary>
    public void Open(int link, int bytesMax)
    {
        var failure = _socket.TryRequest(Request(RouteMessage.NewQueueDiscipline, NetlinkFlags.None, link, "opened plug")
            .Nested(TCA_OPTIONS, options => options.Attribute(TCA_TBF_PARMS, Bucket(OpenRate, 0, (uint)bytesMax, 0)).Attribute(TCA_TBF_BURST, OpenBucketBytes)));
        ThrowUnlessGone(failure);
    }

    /// <summary>Takes the queue away with all that waits in it, and what is sent meanwhile.</summary>
    public void Remove(int link) => ThrowUnlessGone(_socket.TryRequest(Request(RouteMessage.DeleteQueueDiscipline, NetlinkFlags.None, link, "plug")));

    private static NetlinkRequest Request(RouteMessage type, NetlinkFlags flags, int link, string what) =>
        new NetlinkRequest(type, flags, $"{what} of link {link}").Fixed(Header(link, Handle)).Attribute(TCA_KIND, BucketKind);

    /// <summary>struct tcmsg.</summary>
    private static byte[] Header(int link, uint handle)
    {
        byte[] header = new byte[QueueHeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), link);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), handle);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), link == 0 ? 0 : TC_H_ROOT);
        return header;
    }

    /// <summary>struct tc_tbf_qopt: the rate (a struct tc_ratespec), no peak rate, limit, bucket in ticks, no bucket of the peak rate.</summary>
    private static byte[] Bucket(uint rate, ushort packetBytesMin, uint bytesMax, uint ticks)
    {
        byte[] bucket = new byte[BucketBytes];
        bucket[1] = TC_LINKLAYER_ETHERNET;
        BinaryPrimitives.WriteUInt16LittleEndian(bucket.AsSpan(6), packetBytesMin);
        BinaryPrimitives.WriteUInt32LittleEndian(bucket.AsSpan(8), rate);
        BinaryPrimitives.WriteUInt32LittleEndian(bucket.AsSpan(24), bytesMax);
        BinaryPrimitives.WriteUInt32LittleEndian(bucket.AsSpan(28), ticks);
        return bucket;
    }

    private static void ThrowUnlessGone(LinuxException? failure)
    {
        if (failure is not null && failure.Error != Errno.ENOENT)
        {
            throw failure;
        }
    }
}
