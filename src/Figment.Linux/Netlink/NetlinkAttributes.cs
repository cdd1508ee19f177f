using System.Buffers.Binary;
using System.Text;

namespace Figment.Linux.Netlink;

/// <summary>Goes through the attributes of a message or of a nested attribute. Lengths that do not fit end it with an <see cref="InvalidDataException"/>.</summary>
public ref struct NetlinkAttributes
{
    private const int HeaderBytes = 4;
    private const ushort TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest;

    public NetlinkAttributes(ReadOnlySpan<byte> attributes) => _rest = attributes;

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length < HeaderBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        if (length < HeaderBytes || length > _rest.Length)
        {
            throw new InvalidDataException($"a netlink attribute says it has {length} of {_rest.Length} bytes");
        }

        Type = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) & TypeMask);
        Value = _rest[HeaderBytes..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }

    public readonly uint AsUInt32() => Value.Length >= sizeof(uint)
        ? BinaryPrimitives.ReadUInt32LittleEndian(Value)
        : throw new InvalidDataException($"attribute {Type} has {Value.Length} bytes instead of 4");

    public readonly string AsText() => Encoding.UTF8.GetString(Value.TrimEnd((byte)0));
}
