using System.Buffers.Binary;

namespace Figment.Linux.Netlink;

/// <summary>Goes through the messages of one received buffer. Lengths that do not fit end it with an <see cref="InvalidDataException"/>.</summary>
public ref struct NetlinkMessages
{
    private ReadOnlySpan<byte> _rest;

    public NetlinkMessages(ReadOnlySpan<byte> buffer) => _rest = buffer;

    public ushort Type { get; private set; }

    public NetlinkFlags Flags { get; private set; }

    public uint Sequence { get; private set; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length < NetlinkRequest.HeaderBytes)
        {
            throw new InvalidDataException($"a netlink header of {_rest.Length} bytes");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (length < NetlinkRequest.HeaderBytes || length > (uint)_rest.Length)
        {
            throw new InvalidDataException($"a netlink message says it has {length} of {_rest.Length} bytes");
        }

        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
        Flags = (NetlinkFlags)BinaryPrimitives.ReadUInt16LittleEndian(_rest[6..]);
        Sequence = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        Payload = _rest[NetlinkRequest.HeaderBytes..(int)length];
        _rest = _rest[Math.Min(((int)length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
