using System.Buffers.Binary;
using Google.Protobuf;

namespace Figment.Migration.Images;

/// <summary>
/// An image of CRIU's as a list of messages: two numbers (that it is an image, and of what; the inventory has only the second), then for each message its length and its bytes.
/// What is not understood stays as it is.
/// </summary>
internal sealed class ImageFile
{
    private const uint CommonMagic = 0x54564319;

    /// <summary>Longer messages are damage: a core is some KiB, a table of filters at most 4,096 instructions of 8 bytes each.</summary>
    private const int MessageBytesMax = 16 << 20;

    private readonly List<byte[]> _messages = [];

    private ImageFile(string name, ImageKind kind) => (Name, Kind) = (name, kind);

    public string Name { get; }

    public ImageKind Kind { get; }

    public int Count => _messages.Count;

    /// <summary>A new one.</summary>
    public static ImageFile Empty(string name, ImageKind kind) => new(name, kind);

    /// <exception cref="ImageException">It is damaged, or of another kind.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ImageFile Load(string path, ImageKind kind) => Parse(path, File.ReadAllBytes(path), kind);

    /// <exception cref="ImageException">It is damaged, or of another kind.</exception>
    public static ImageFile Parse(string name, ReadOnlySpan<byte> bytes, ImageKind kind)
    {
        var image = new ImageFile(name, kind);
        int at = 0;
        uint Number(ReadOnlySpan<byte> all, string what)
        {
            if (all.Length - at < sizeof(uint))
            {
                throw new ImageException(name, at, $"it ends within {what}");
            }

            uint number = BinaryPrimitives.ReadUInt32LittleEndian(all[at..]);
            at += sizeof(uint);
            return number;
        }

        if (kind != ImageKind.Inventory && Number(bytes, "its head") is not CommonMagic)
        {
            throw new ImageException(name, 0, "it is no image of CRIU's (version 1.1 of the format)");
        }

        if (Number(bytes, "its head") is var found && found != (uint)kind)
        {
            throw new ImageException(name, at - sizeof(uint), $"it is of the kind {found:x8}, not {(uint)kind:x8} ({kind})");
        }

        while (at < bytes.Length)
        {
            uint length = Number(bytes, "the length of a message");
            if (length > MessageBytesMax || length > bytes.Length - at)
            {
                throw new ImageException(name, at - sizeof(uint), $"a message of {length} bytes, of which {bytes.Length - at} are there");
            }

            image._messages.Add(bytes.Slice(at, (int)length).ToArray());
            at += (int)length;
        }

        return image;
    }

    /// <exception cref="ImageException">The message is damaged.</exception>
    public T Read<T>(int index, MessageParser<T> parser)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(_messages[index]);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new ImageException(Name, OffsetOf(index), $"message {index} is damaged: {exception.Message}", exception);
        }
    }

    public void Add(IMessage message) => _messages.Add(message.ToByteArray());

    public void Replace(int index, IMessage message) => _messages[index] = message.ToByteArray();

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(uint)];
        void Write(uint value, Span<byte> buffer)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(buffer, value);
            stream.Write(buffer);
        }

        if (Kind != ImageKind.Inventory)
        {
            Write(CommonMagic, number);
        }

        Write((uint)Kind, number);
        foreach (byte[] message in _messages)
        {
            Write((uint)message.Length, number);
            stream.Write(message);
        }

        return stream.ToArray();
    }

    /// <summary>Whole or not at all.</summary>
    public void Save(string path)
    {
        string fresh = path + ".new";
        File.WriteAllBytes(fresh, ToBytes());
        File.Move(fresh, path, overwrite: true);
    }

    private long OffsetOf(int index) => (Kind == ImageKind.Inventory ? 1 : 2) * sizeof(uint) + _messages.Take(index).Sum(message => (long)sizeof(uint) + message.Length) + sizeof(uint);
}
