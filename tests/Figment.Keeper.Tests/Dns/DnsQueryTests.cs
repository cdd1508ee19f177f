using System.Net;
using Figment.Keeper.Dns;
using Figment.Tests;

namespace Figment.Keeper.Tests.Dns;

public sealed class DnsQueryTests(ITestOutputHelper output)
{
    [Fact]
    public void A_query_is_read()
    {
        var query = Packets.Read(Packets.Query("Web-1.Shop", DnsType.Aaaa, edns: 1400));

        Assert.Equal(("web-1.shop", DnsType.Aaaa, (ushort)4711, 1400, true), (query.Name, query.Type, query.Id, query.UdpBytesMax, query.HasEdns));
        Assert.Equal("", Packets.Read(Packets.Query("", DnsType.A)).Name);
    }

    [Fact]
    public void A_dot_in_a_label_is_no_boundary() =>
        Assert.Equal(@"web\0461", Packets.Read(Packets.Query([5, .. "web.1"u8, 0], DnsType.A)).Name);

    [Fact]
    public void What_is_cut_off_is_refused()
    {
        byte[] whole = Packets.Query("web-1.shop", DnsType.A, edns: 1400);
        for (int length = 12; length < whole.Length; length++)
        {
            Assert.Null(DnsQuery.TryRead(whole.AsSpan(0, length), out var refusal));
            Assert.Equal(DnsResponseCode.FormatError, refusal);
        }
    }

    [Theory]
    [InlineData(2, 0x28, DnsResponseCode.NotImplemented)] // an update
    [InlineData(5, 2, DnsResponseCode.FormatError)] // two questions
    [InlineData(7, 1, DnsResponseCode.FormatError)] // an answer in a question
    [InlineData(12, 0xC0, DnsResponseCode.FormatError)] // a name that points to itself
    [InlineData(12, 0x41, DnsResponseCode.FormatError)] // a kind of label that is no more
    [InlineData(12, 60, DnsResponseCode.FormatError)] // a label longer than the message
    internal void What_contradicts_itself_is_refused(int at, byte value, DnsResponseCode code)
    {
        byte[] message = Packets.Query("web-1.shop", DnsType.A);
        message[at] = value;

        Assert.Null(DnsQuery.TryRead(message, out var refusal));
        Assert.Equal(code, refusal);
    }

    [Fact]
    public void An_answer_is_met_with_silence()
    {
        byte[] message = Packets.Query("web-1.shop", DnsType.A);
        message[2] |= 0x80;

        Assert.Null(DnsQuery.TryRead(message, out var refusal));
        Assert.Null(refusal);
    }

    [Fact]
    public void A_name_of_more_than_255_bytes_is_refused()
    {
        byte[] label = [63, .. Enumerable.Repeat((byte)'a', 63)];
        Assert.NotNull(DnsQuery.TryRead(Packets.Query([.. label, .. label, .. label, .. label[1..60].Prepend((byte)59), 0], DnsType.A), out _));
        Assert.Null(DnsQuery.TryRead(Packets.Query([.. label, .. label, .. label, .. label, 0], DnsType.A), out _));
    }

    [Fact]
    [Trait("fuzz", "dns")]
    public void No_bytes_make_the_reader_fail_and_what_it_accepts_it_can_answer()
    {
        byte[][] corpus = [Packets.Query("web-1.shop", DnsType.A), Packets.Query("3.0.77.10.in-addr.arpa", DnsType.Ptr, edns: 4096), Packets.Query("a.b.c.d.e.f", DnsType.Any, edns: 512)];
        new FuzzRun("dns", output).Run(random => Answered(Mutate(random, corpus[random.Next(corpus.Length)])));
    }

    private static bool Answered(byte[] message)
    {
        var query = DnsQuery.TryRead(message, out var refusal);
        if (query is null)
        {
            _ = refusal is { } code ? DnsReply.WriteRefusal(message, code) : null;
            return false;
        }

        byte[] reply = DnsReply.Write(query, new DnsAnswer { Addresses = [IPAddress.Loopback, IPAddress.Loopback] }, -1, 512);
        Assert.InRange(reply.Length, message.Length > 512 ? 0 : 12, 512);
        Assert.False(DnsForwarder.IsAnswer(message, query.Id, query.Question.Span));
        Assert.True(DnsForwarder.IsAnswer(reply, query.Id, query.Question.Span));
        _ = DnsZone.AddressOf(query.Name);
        return true;
    }

    private static byte[] Mutate(Random random, byte[] original)
    {
        byte[] message = [.. original];
        for (int count = random.Next(6); count > 0; count--)
        {
            message[random.Next(message.Length)] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => 0xC0,
                _ => (byte)random.Next(70),
            };
        }

        return random.Next(4) switch
        {
            0 => message[..random.Next(message.Length + 1)],
            1 => [.. message, .. message[random.Next(message.Length)..]],
            _ => message,
        };
    }
}
