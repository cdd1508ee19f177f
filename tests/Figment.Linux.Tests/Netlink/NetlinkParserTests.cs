using Figment.Linux.Errors;
using Figment.Linux.Netlink;
using Figment.Tests;

namespace Figment.Linux.Tests.Netlink;

public sealed class NetlinkParserTests(ITestOutputHelper output)
{
    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Assert.Throws<InvalidDataException>(() => Walk([1, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => Walk([15, 0, 0, 0, .. new byte[12]]));
        Assert.Throws<InvalidDataException>(() => Walk([17, 0, 0, 0, .. new byte[12]]));
        Assert.Throws<InvalidDataException>(() => Walk([0xFF, 0xFF, 0xFF, 0xFF, .. new byte[12]]));
        Assert.Throws<InvalidDataException>(() => RouteParser.Link([.. new byte[16], 3, 0, 3, 0]));
        Assert.Throws<InvalidDataException>(() => RouteParser.Link([.. new byte[16], 9, 0, 3, 0, 1, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => RouteParser.Link([.. new byte[16], 6, 0, 4, 0, 1, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => RouteParser.Link(new byte[15]));
        Assert.Throws<InvalidDataException>(() => RouteParser.Address(new byte[7]));
        Assert.Throws<InvalidDataException>(() => RouteParser.Route(new byte[11]));
        Assert.Throws<InvalidDataException>(() => RouteParser.Neighbor(new byte[11]));
        Assert.Throws<InvalidDataException>(() => ForwardingParser.Entry(new byte[11]));
        Assert.Throws<InvalidDataException>(() => ForwardingParser.Entry([.. new byte[12], 6, 0, 9, 0, 1, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => QueueParser.Queue(new byte[19]));
        Assert.Throws<InvalidDataException>(() => QueueParser.Queue([.. new byte[20], 8, 0, 1, 0, (byte)'t', (byte)'b', (byte)'f', 0, 8, 0, 2, 0, 4, 0, 1, 0]));
        Assert.Throws<InvalidDataException>(() => QueueParser.Queue([.. new byte[20], 12, 0, 7, 0, 8, 0, 3, 0, 0, 0, 0, 0]));
    }

    [Fact]
    public void An_attribute_at_the_very_end_needs_no_padding() =>
        Assert.Equal("lo", RouteParser.Link([.. new byte[16], 7, 0, 3, 0, (byte)'l', (byte)'o', 0]).Name);

    /// <summary>Found by the fuzzer: the echoed request ends the message and its padding would lie behind it.</summary>
    [Fact]
    public void An_acknowledgement_that_ends_with_an_unpadded_echo_has_no_words()
    {
        byte[] payload = Convert.FromHexString("83288E171500000038A3D8101700000049CCD16902000700FF");
        var failure = NetlinkSocket.ParseError(new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.None, "link eth0"), payload, (NetlinkFlags)0x200);

        Assert.EndsWith("link eth0", failure!.Message.Split(':')[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_grows_too_long_is_our_fault_and_says_so()
    {
        var request = new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.None, "link of a thousand names");
        var failure = Assert.Throws<InvalidOperationException>(() =>
        {
            for (int length = 0; length < NetlinkRequest.BytesMax; length++)
            {
                request.Attribute(3, "a name of some length");
            }
        });

        Assert.Contains("link of a thousand names", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("fuzz", "netlink")]
    public void No_bytes_make_the_readers_do_anything_but_refuse()
    {
        var request = new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.None, "fuzz");
        new FuzzRun("netlink", output).Run(random =>
        {
            byte[] bytes = Bytes(random);
            try
            {
                switch (random.Next(8))
                {
                    case 0:
                        Walk(bytes);
                        break;
                    case 1:
                        _ = RouteParser.Link(bytes);
                        break;
                    case 2:
                        _ = RouteParser.Address(bytes);
                        break;
                    case 3:
                        _ = RouteParser.Route(bytes);
                        break;
                    case 4:
                        _ = RouteParser.Neighbor(bytes);
                        break;
                    case 5:
                        _ = ForwardingParser.Entry(bytes);
                        break;
                    case 6:
                        _ = QueueParser.Queue(bytes);
                        break;
                    default:
                        _ = NetlinkSocket.ParseError(request, bytes, (NetlinkFlags)random.Next(0x400));
                        break;
                }

                return true;
            }
            catch (InvalidDataException)
            {
                return false;
            }
        });
    }

    [Fact]
    public void The_kernel_s_own_words_are_in_the_error()
    {
        using var socket = new NetlinkSocket();
        var failure = Assert.Throws<LinuxException>(() => socket.Request(
            new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive, "link of no kind").Fixed(new byte[16]).Nested(18, info => info.Attribute(1, "nokind"))));

        Assert.Equal(Errno.EOPNOTSUPP, failure.Error);
        Assert.Contains("link of no kind (Unknown device type)", failure.Message, StringComparison.Ordinal);
    }

    private static int Walk(byte[] bytes)
    {
        int count = 0;
        var messages = new NetlinkMessages(bytes);
        while (messages.MoveNext())
        {
            count += messages.Payload.Length;
        }

        return count;
    }

    /// <summary>Headers with small lengths, so that what lies behind them is reached as well.</summary>
    private static byte[] Bytes(Random random)
    {
        byte[] bytes = new byte[random.Next(96)];
        random.NextBytes(bytes);
        for (int at = random.Next(4) * 4; at + 3 < bytes.Length; at += 8)
        {
            bytes[at] = (byte)random.Next(24);
            bytes[at + 1] = 0;
            bytes[at + 2] = (byte)random.Next(20);
            bytes[at + 3] = 0;
        }

        return bytes;
    }
}
