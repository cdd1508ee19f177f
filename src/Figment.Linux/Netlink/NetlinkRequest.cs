using System.Buffers.Binary;
using System.Text;

namespace Figment.Linux.Netlink;

/// <summary>Builds one netlink message (netlink(7)): header, fixed part, attributes. Everything is little-endian and aligned to 4 bytes.</summary>
public sealed class NetlinkRequest
{
    /// <summary>No request of ours needs more; the kernel's own bound for rtnetlink is 32 KiB a message.</summary>
    public const int BytesMax = 4096;

    internal const int HeaderBytes = 16;
    private const int AttributeHeaderBytes = 4;
    private const ushort NLA_F_NESTED = 0x8000;

    /// <summary>Enough for most; a fabric of a hundred machines makes a thousand requests.</summary>
    private byte[] _bytes = new byte[256];
    private int _length = HeaderBytes;

    /// <param name="type">Message type, as <c>RTM_NEWLINK</c>.</param>
    /// <param name="flags">NLM_F_* beside NLM_F_REQUEST.</param>
    /// <param name="subject">What an error names, as <c>link eth0</c>.</param>
    public NetlinkRequest(RouteMessage type, NetlinkFlags flags, string subject)
    {
        Type = type;
        Subject = subject;
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(4), (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), (ushort)(flags | NetlinkFlags.Request));
    }

    public RouteMessage Type { get; }

    public string Subject { get; }

    /// <summary>The fixed part after the header, or of a nested message.</summary>
    public NetlinkRequest Fixed(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    public NetlinkRequest Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        var into = Take(AttributeHeaderBytes + value.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(into, (ushort)(AttributeHeaderBytes + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(into[2..], type);
        value.CopyTo(into[AttributeHeaderBytes..]);
        return this;
    }

    public NetlinkRequest Attribute(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Attribute(type, bytes);
    }

    /// <summary>Text ends with a zero byte.</summary>
    public NetlinkRequest Attribute(ushort type, string value) => Attribute(type, Encoding.ASCII.GetBytes(value + '\0'));

    /// <summary>An attribute made of attributes.</summary>
    public NetlinkRequest Nested(ushort type, Action<NetlinkRequest> content)
    {
        int start = _length;
        _ = Take(AttributeHeaderBytes);
        content(this);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start), (ushort)(_length - start));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start + 2), (ushort)(type | NLA_F_NESTED));
        return this;
    }

    /// <summary>The finished message with its sequence number.</summary>
    internal ReadOnlySpan<byte> Finish(uint sequence, NetlinkFlags more)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, (uint)_length);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), (ushort)((NetlinkFlags)BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(6)) | more));
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Take(int count)
    {
        int aligned = (count + 3) & ~3;
        if (aligned > BytesMax - _length)
        {
            throw new InvalidOperationException($"the request about {Subject} is longer than {BytesMax} bytes");
        }

        if (aligned > _bytes.Length - _length)
        {
            Array.Resize(ref _bytes, BytesMax);
        }

        var taken = _bytes.AsSpan(_length, count);
        _length += aligned;
        return taken;
    }
}
