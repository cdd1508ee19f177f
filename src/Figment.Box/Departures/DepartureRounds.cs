using System.Buffers.Binary;
using Figment.Box.Output;
using Figment.Box.Streams;

namespace Figment.Box.Departures;

/// <summary>Says of each round what it had, behind what it sent. For people: whether somebody hears it does not matter.</summary>
internal sealed class DepartureRounds(FrameChannel client, FrameOutput output)
{
    private const byte OfFiles = 0;
    private const byte OfMemory = 1;

    public void Files(long bytes) => Say(OfFiles, bytes);

    public void Memory(long bytes) => Say(OfMemory, bytes);

    private void Say(byte what, long bytes)
    {
        output.Flush();
        Span<byte> word = stackalloc byte[1 + sizeof(long)];
        word[0] = what;
        BinaryPrimitives.WriteInt64BigEndian(word[1..], bytes);
        client.Write(StreamKind.Round, word);
    }
}
