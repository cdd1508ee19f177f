using System.Buffers.Binary;

namespace Figment.Migration.Transfer;

/// <summary>The beginning of each frame: 24 bytes, little-endian.</summary>
/// <param name="Kind">What follows.</param>
/// <param name="Number">Of the process in its tree's PID namespace, of the round, or of the content; of a file the bytes of its name.</param>
/// <param name="Place">Address of the first page, or its offset in the content; else how many bytes there are.</param>
/// <param name="Pages">How many; bytes of a part of a content.</param>
internal readonly record struct FrameHead(FrameKind Kind, int Number, ulong Place, uint Pages)
{
    public const int Bytes = 24;

    public void Write(Span<byte> into)
    {
        into[..Bytes].Clear();
        into[0] = (byte)Kind;
        BinaryPrimitives.WriteInt32LittleEndian(into[4..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], Place);
        BinaryPrimitives.WriteUInt32LittleEndian(into[16..], Pages);
    }

    /// <summary>Null: what should be zero is not.</summary>
    public static FrameHead? Read(ReadOnlySpan<byte> from) =>
        from[1..4].ContainsAnyExcept((byte)0) || from[20..Bytes].ContainsAnyExcept((byte)0)
            ? null
            : new FrameHead((FrameKind)from[0], BinaryPrimitives.ReadInt32LittleEndian(from[4..]), BinaryPrimitives.ReadUInt64LittleEndian(from[8..]), BinaryPrimitives.ReadUInt32LittleEndian(from[16..]));
}
