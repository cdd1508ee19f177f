using System.Buffers.Binary;
using System.Text;

namespace Figment.Keeper.Dns;

/// <summary>Writes answers (RFC 1035 4.1, RFC 6891).</summary>
internal static class DnsReply
{
    /// <summary>
    /// Seconds that an answer may be kept. An address never changes while its application is up, but the set of machines behind a service's name does,
    /// and a name that leads to a removed machine for longer than this would be felt.
    /// </summary>
    internal const uint TimeToLiveSeconds = 5;

    /// <summary>What we say we can take: fits a frame of any network, so no answer is fragmented (DNS flag day 2020).</summary>
    internal const int UdpBytesMax = 1232;

    internal const int TcpBytesMax = 65_535;

    private const int OptBytes = 11;
    private const ushort NameOfQuestion = 0xC000 | DnsQuery.HeaderBytes;

    /// <summary>The answer as bytes, cut (TC) if it is longer than allowed.</summary>
    /// <param name="query">What was asked.</param>
    /// <param name="answer">What to say.</param>
    /// <param name="first">Which address comes first; the others follow in turn.</param>
    /// <param name="bytesMax">The transport's bound.</param>
    internal static byte[] Write(DnsQuery query, DnsAnswer answer, int first, int bytesMax)
    {
        var records = new List<byte[]>();
        for (int index = 0; index < answer.Addresses.Count; index++)
        {
            records.Add(Record(query.Type, answer.Addresses[(int)(((uint)first + (uint)index) % (uint)answer.Addresses.Count)].GetAddressBytes()));
        }

        if (answer.PointsTo is { } name)
        {
            records.Add(Record(DnsType.Ptr, EncodeName(name)));
        }

        int bytes = DnsQuery.HeaderBytes + query.Question.Length + (query.HasEdns ? OptBytes : 0);
        int fitting = 0;
        foreach (byte[] record in records)
        {
            if (bytes + record.Length > bytesMax)
            {
                break;
            }

            bytes += record.Length;
            fitting++;
        }

        return Compose(query, answer.Code, records, fitting, bytes);
    }

    /// <summary>An answer that is only a code, to a message of which no more than the header was understood.</summary>
    internal static byte[] WriteRefusal(ReadOnlySpan<byte> message, DnsResponseCode code)
    {
        byte[] reply = new byte[DnsQuery.HeaderBytes];
        message[..2].CopyTo(reply);
        reply[2] = (byte)(0x80 | (message[2] & 0x79));
        reply[3] = (byte)(0x80 | (int)code);
        return reply;
    }

    /// <summary>Another server's answer, too long for this client: its header and the question, cut (TC), so that the client asks over TCP.</summary>
    internal static byte[] Cut(ReadOnlySpan<byte> answer, DnsQuery query)
    {
        byte[] reply = new byte[DnsQuery.HeaderBytes + query.Question.Length];
        answer[..4].CopyTo(reply);
        reply[2] |= 0x02;
        reply[5] = 1;
        query.Question.Span.CopyTo(reply.AsSpan(DnsQuery.HeaderBytes));
        return reply;
    }

    /// <summary>A name in wire form.</summary>
    internal static byte[] EncodeName(string name)
    {
        var bytes = new List<byte>();
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        bytes.Add(0);
        return [.. bytes];
    }

    private static byte[] Compose(DnsQuery query, DnsResponseCode code, List<byte[]> records, int fitting, int bytes)
    {
        byte[] reply = new byte[bytes];
        var span = reply.AsSpan();
        BinaryPrimitives.WriteUInt16BigEndian(span, query.Id);
        reply[2] = (byte)(0x84 | (fitting < records.Count ? 0x02 : 0) | (query.RecursionDesired ? 0x01 : 0));
        reply[3] = (byte)(0x80 | ((int)code & 0xF));
        reply[5] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(span[6..], (ushort)fitting);
        reply[11] = (byte)(query.HasEdns ? 1 : 0);
        query.Question.Span.CopyTo(span[DnsQuery.HeaderBytes..]);
        int position = DnsQuery.HeaderBytes + query.Question.Length;
        for (int index = 0; index < fitting; index++)
        {
            records[index].CopyTo(reply, position);
            position += records[index].Length;
        }

        if (query.HasEdns)
        {
            BinaryPrimitives.WriteUInt16BigEndian(span[(position + 1)..], (ushort)DnsType.Opt);
            BinaryPrimitives.WriteUInt16BigEndian(span[(position + 3)..], UdpBytesMax);
            reply[position + 5] = (byte)((int)code >> 4);
        }

        return reply;
    }

    private static byte[] Record(DnsType type, byte[] data)
    {
        byte[] record = new byte[12 + data.Length];
        BinaryPrimitives.WriteUInt16BigEndian(record, NameOfQuestion);
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(2), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(4), DnsQuery.ClassInternet);
        BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(6), TimeToLiveSeconds);
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(10), (ushort)data.Length);
        data.CopyTo(record, 12);
        return record;
    }
}
