using Figment.Migration.Memory;
using Figment.Migration.Transfer;

namespace Figment.Migration.Lazy;

/// <summary>
/// How owed pages are asked for and given, in heads of a transfer's frames: asked for by one that says which; the answer is that one, then frames of pages and of zeros, in order, that are all of it.
/// </summary>
public static class OwedText
{
    private const int ZeroRunPages = LazyLimits.OwedPages;

    private static readonly byte[] Zeros = new byte[ZeroRunPages * MemoryPage.Bytes];

    /// <summary>An answer is not longer.</summary>
    public const int AnswerBytesMax = FrameHead.Bytes + (LazyLimits.OwedPages * (FrameHead.Bytes + MemoryPage.Bytes));

    public static byte[] Ask(OwedPiece piece)
    {
        byte[] bytes = new byte[FrameHead.Bytes];
        HeadOf(FrameKind.Owed, piece).Write(bytes);
        return bytes;
    }

    /// <exception cref="InvalidDataException">Nobody asks so.</exception>
    public static OwedPiece ReadAsk(ReadOnlySpan<byte> bytes) =>
        bytes.Length == FrameHead.Bytes && PieceOf(bytes, FrameKind.Owed) is { } piece ? piece : throw new InvalidDataException("that asks for no pages of a program");

    /// <param name="piece">What was asked for.</param>
    /// <param name="pages">All of it.</param>
    public static byte[] Answer(OwedPiece piece, ReadOnlySpan<byte> pages)
    {
        using var answer = new MemoryStream();
        answer.Write(Ask(piece));
        new TransferWriter(answer).Put(piece.Process, piece.Address, pages);
        return answer.ToArray();
    }

    /// <param name="bytes">An answer.</param>
    /// <param name="into">Gets the pages; <see cref="LazyLimits.OwedPages"/> of them have room.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static OwedPiece ReadAnswer(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        var piece = bytes.Length >= FrameHead.Bytes ? ReadAsk(bytes[..FrameHead.Bytes]) : throw Wrong();
        bytes = bytes[FrameHead.Bytes..];
        int done = 0;
        while (!bytes.IsEmpty)
        {
            bool isZero = bytes[0] == (byte)FrameKind.Zeros;
            if (bytes.Length < FrameHead.Bytes || PieceOf(bytes[..FrameHead.Bytes], isZero ? FrameKind.Zeros : FrameKind.Pages) is not { } part || part.Process != piece.Process || part.Address != piece.Address + (ulong)done || part.Bytes > piece.Bytes - done)
            {
                throw Wrong();
            }

            bytes = bytes[FrameHead.Bytes..];
            var from = isZero ? Zeros : bytes;
            if (from.Length < part.Bytes)
            {
                throw Wrong();
            }

            from[..part.Bytes].CopyTo(into[done..]);
            bytes = isZero ? bytes : bytes[part.Bytes..];
            done += part.Bytes;
        }

        return done == piece.Bytes ? piece : throw Wrong();
    }

    private static FrameHead HeadOf(FrameKind kind, OwedPiece piece) => new(kind, piece.Process, piece.Address, (uint)piece.Pages);

    private static OwedPiece? PieceOf(ReadOnlySpan<byte> head, FrameKind kind) =>
        FrameHead.Read(head) is { } read && read.Kind == kind && read.Number is > 0 and <= TransferLimits.ProcessMax && read.Pages is > 0 and <= LazyLimits.OwedPages
        && read.Place % MemoryPage.Bytes == 0 && read.Place <= TransferLimits.AddressEnd - (read.Pages * (ulong)MemoryPage.Bytes)
            ? new OwedPiece(read.Number, read.Place, (int)read.Pages)
            : null;

    private static InvalidDataException Wrong() => new("what was given is not what was asked for");
}
