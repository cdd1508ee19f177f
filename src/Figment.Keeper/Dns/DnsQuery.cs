using System.Buffers.Binary;
using System.Text;

namespace Figment.Keeper.Dns;

/// <summary>
/// A query with one question (RFC 1035 4.1). Read strictly: anything cut off, looping or contradictory is refused, and nothing that was not understood is passed on.
/// </summary>
internal sealed record DnsQuery
{
    internal const int HeaderBytes = 12;
    internal const ushort ClassInternet = 1;

    /// <summary>RFC 1035 2.3.4.</summary>
    private const int NameBytesMax = 255;

    /// <summary>OPT and perhaps a signature; nobody sends more with a query.</summary>
    private const int AdditionalRecordsMax = 4;

    private const int RecordFixedBytes = 10;
    private const int PointerBits = 0xC0;

    public required ushort Id { get; init; }

    public required int Opcode { get; init; }

    public required bool RecursionDesired { get; init; }

    /// <summary>Lower case, no dot at the end; empty for the root. A dot or odd byte inside a label is written as <c>\DDD</c> and so equals no name of ours.</summary>
    public required string Name { get; init; }

    public required DnsType Type { get; init; }

    public required ushort Class { get; init; }

    /// <summary>The question as it was asked, for the answer.</summary>
    public required ReadOnlyMemory<byte> Question { get; init; }

    /// <summary>Asked with EDNS (RFC 6891).</summary>
    public bool HasEdns { get; init; }

    public int EdnsVersion { get; init; }

    /// <summary>What the client can take over UDP; 512 without EDNS.</summary>
    public int UdpBytesMax { get; init; } = 512;

    /// <summary>Reads a query.</summary>
    /// <returns>The query, or null with what to answer: a code, or null for silence (not even a header, or an answer instead of a query).</returns>
    internal static DnsQuery? TryRead(ReadOnlySpan<byte> message, out DnsResponseCode? refusal)
    {
        refusal = null;
        if (message.Length < HeaderBytes || (message[2] & 0x80) != 0)
        {
            return null;
        }

        refusal = DnsResponseCode.FormatError;
        int opcode = (message[2] >> 3) & 0xF;
        if (opcode != 0)
        {
            refusal = DnsResponseCode.NotImplemented;
            return null;
        }

        int questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        int answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        int authorities = BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        int additionals = BinaryPrimitives.ReadUInt16BigEndian(message[10..]);
        if (questions != 1 || answers != 0 || authorities != 0 || additionals > AdditionalRecordsMax || !TryReadName(message[HeaderBytes..], out string name, out int nameBytes))
        {
            return null;
        }

        int end = HeaderBytes + nameBytes + 4;
        if (message.Length < end)
        {
            return null;
        }

        var query = new DnsQuery
        {
            Id = BinaryPrimitives.ReadUInt16BigEndian(message),
            Opcode = opcode,
            RecursionDesired = (message[2] & 1) != 0,
            Name = name,
            Type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[(end - 4)..]),
            Class = BinaryPrimitives.ReadUInt16BigEndian(message[(end - 2)..]),
            Question = message[HeaderBytes..end].ToArray(),
        };
        var read = query.ReadAdditional(message[end..], additionals);
        refusal = read is null ? DnsResponseCode.FormatError : null;
        return read;
    }

    /// <summary>A name without compression: a question is the first name in its message and has nothing to point to.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> from, out string name, out int bytes)
    {
        var text = new StringBuilder();
        bytes = 0;
        name = "";
        while (bytes < from.Length && bytes < NameBytesMax)
        {
            int length = from[bytes++];
            if (length == 0)
            {
                name = text.ToString();
                return true;
            }

            if ((length & PointerBits) != 0 || bytes + length >= from.Length || bytes + length >= NameBytesMax)
            {
                return false;
            }

            AppendLabel(text, from.Slice(bytes, length));
            bytes += length;
        }

        return false;
    }

    private static void AppendLabel(StringBuilder text, ReadOnlySpan<byte> label)
    {
        if (text.Length > 0)
        {
            text.Append('.');
        }

        foreach (byte one in label)
        {
            if (one is > 0x20 and < 0x7F and not (byte)'.' and not (byte)'\\')
            {
                text.Append(char.ToLowerInvariant((char)one));
            }
            else
            {
                text.Append('\\').Append(one.ToString("D3", null));
            }
        }
    }

    private static bool TrySkipName(ReadOnlySpan<byte> from, out int bytes)
    {
        bytes = 0;
        while (bytes < from.Length && bytes < NameBytesMax)
        {
            int length = from[bytes++];
            if (length == 0)
            {
                return true;
            }

            if ((length & PointerBits) == PointerBits)
            {
                bytes++;
                return bytes <= from.Length;
            }

            if ((length & PointerBits) != 0)
            {
                return false;
            }

            bytes += length;
        }

        return false;
    }

    /// <summary>With what OPT says, or null if the rest of the message is not what it claims.</summary>
    private DnsQuery? ReadAdditional(ReadOnlySpan<byte> rest, int records)
    {
        var query = this;
        for (int record = 0; record < records; record++)
        {
            if (!TrySkipName(rest, out int nameBytes) || rest.Length < nameBytes + RecordFixedBytes)
            {
                return null;
            }

            bool root = rest[0] == 0;
            var about = rest[nameBytes..];
            int dataBytes = BinaryPrimitives.ReadUInt16BigEndian(about[8..]);
            if (about.Length < RecordFixedBytes + dataBytes)
            {
                return null;
            }

            if ((DnsType)BinaryPrimitives.ReadUInt16BigEndian(about) == DnsType.Opt)
            {
                if (query.HasEdns || !root)
                {
                    return null;
                }

                query = query with { HasEdns = true, EdnsVersion = about[5], UdpBytesMax = Math.Max(512, (int)BinaryPrimitives.ReadUInt16BigEndian(about[2..])) };
            }

            rest = about[(RecordFixedBytes + dataBytes)..];
        }

        return rest.IsEmpty ? query : null;
    }
}
