using System.IO.Hashing;
using System.Text;
using Figment.Linux.Memory;
using Figment.Migration.Memory;

namespace Figment.Migration.Transfer;

/// <summary>Takes a stream of frames apart. What is wrong with it is said with its place; nothing is believed before it is looked at. One caller.</summary>
/// <param name="stream">From a <see cref="TransferWriter"/>; stays the caller's.</param>
/// <param name="target">Gets what is in it.</param>
public sealed class TransferReader(Stream stream, ITransferTarget target)
{
    private static readonly byte[] Zeros = new byte[TransferLimits.PagesMax * MemoryPage.Bytes];

    private readonly XxHash128 _hash = new();
    private readonly byte[] _buffer = new byte[Math.Max(TransferLimits.PagesMax * MemoryPage.Bytes, TransferLimits.ContentBytesMax)];
    private readonly HashSet<string> _files = [];
    private long _offset;
    private long _frame;
    private int _rounds;
    private long _owed;

    /// <summary>Reads all of it.</summary>
    /// <returns>Its digest.</returns>
    /// <exception cref="TransferException">It is not what a source sends, or ends too early.</exception>
    /// <exception cref="IOException">The target has no room.</exception>
    public string Run()
    {
        while (true)
        {
            _frame = _offset;
            Read(_buffer.AsSpan(0, FrameHead.Bytes));
            var head = FrameHead.Read(_buffer) ?? throw Wrong("its head is damaged");
            switch (head.Kind)
            {
                case FrameKind.Pages:
                    OnPages(head, TransferLimits.PagesMax);
                    break;
                case FrameKind.Zeros:
                    OnPages(head, TransferLimits.ZerosMax);
                    break;
                case FrameKind.Owed:
                    OnPages(head, TransferLimits.ZerosMax);
                    break;
                case FrameKind.File:
                    OnFile(head);
                    break;
                case FrameKind.Round:
                    if (head != new FrameHead(FrameKind.Round, ++_rounds, 0, 0))
                    {
                        throw Wrong($"it ends round {head.Number}, where {_rounds} is to end");
                    }

                    target.EndRound(_rounds);
                    break;
                case FrameKind.Content or FrameKind.Hole or FrameKind.Length or FrameKind.Change:
                    OnWritten(head);
                    break;
                case FrameKind.End:
                    return End(head);
                default:
                    throw Wrong($"it is of kind {(byte)head.Kind}, which is not known here: the source is of another version");
            }
        }
    }

    private void OnPages(FrameHead head, uint most)
    {
        ulong length = head.Pages * (ulong)MemoryPage.Bytes;
        if (head.Number is < 1 or > TransferLimits.ProcessMax
            || head.Pages < 1
            || head.Pages > most
            || head.Place % MemoryPage.Bytes != 0
            || head.Place > TransferLimits.AddressEnd - length)
        {
            throw Wrong($"{head.Pages} pages at {head.Place:x} of process {head.Number} are no memory of a program");
        }

        if (head.Kind == FrameKind.Pages)
        {
            var pages = _buffer.AsSpan(0, (int)length);
            Read(pages);
            target.Put(head.Number, head.Place, pages);
            return;
        }

        if (head.Kind == FrameKind.Owed)
        {
            _owed += head.Pages;
            if (_owed > TransferLimits.OwedMax)
            {
                throw Wrong($"more than {TransferLimits.OwedMax} pages are to come later");
            }

            target.Owe(head.Number, new PageRange(head.Place, head.Place + length));
            return;
        }

        for (ulong at = 0; at < length; at += (ulong)Zeros.Length)
        {
            target.Put(head.Number, head.Place + at, Zeros.AsSpan(0, (int)Math.Min((ulong)Zeros.Length, length - at)));
        }
    }

    private void OnFile(FrameHead head)
    {
        if (head.Number is < 1 or > TransferLimits.NameBytesMax || head.Place > TransferLimits.FileBytesMax || head.Pages != 0)
        {
            throw Wrong($"a file of {head.Place} bytes with a name of {head.Number}");
        }

        var bytes = _buffer.AsSpan(0, head.Number);
        Read(bytes);
        string name = Encoding.UTF8.GetString(bytes);
        if (name is "." or ".." || name.AsSpan().ContainsAny('/', '\0') || Encoding.UTF8.GetByteCount(name) != bytes.Length || !Encoding.UTF8.GetBytes(name).AsSpan().SequenceEqual(bytes))
        {
            throw Wrong("a file whose name is none");
        }

        if (!_files.Add(name) || _files.Count > TransferLimits.FilesMax)
        {
            throw Wrong($"file {name} comes twice, or is one of more than {TransferLimits.FilesMax}");
        }

        using var content = target.Create(name);
        for (ulong left = head.Place; left > 0;)
        {
            var part = _buffer.AsSpan(0, (int)Math.Min((ulong)_buffer.Length, left));
            Read(part);
            content.Write(part);
            left -= (ulong)part.Length;
        }
    }

    private void OnWritten(FrameHead head)
    {
        bool isPossible = head.Number >= 0 && head.Place <= TransferLimits.FileBytesMax && head switch
        {
            { Kind: FrameKind.Content } => head.Pages is > 0 and <= TransferLimits.ContentBytesMax,
            { Kind: FrameKind.Hole } => head.Pages is > 0 and <= TransferLimits.ZerosMax,
            { Kind: FrameKind.Change } => head is { Number: 0, Place: > 0 and <= TransferLimits.ChangeBytesMax, Pages: 0 },
            _ => head.Pages == 0,
        };
        if (!isPossible)
        {
            throw Wrong($"{head.Pages} of content {head.Number} at {head.Place} are nothing that a machine wrote");
        }

        try
        {
            switch (head.Kind)
            {
                case FrameKind.Content:
                    var bytes = _buffer.AsSpan(0, (int)head.Pages);
                    Read(bytes);
                    target.Written.Write(head.Number, (long)head.Place, bytes);
                    break;
                case FrameKind.Hole:
                    target.Written.Clear(head.Number, (long)head.Place, head.Pages);
                    break;
                case FrameKind.Length:
                    target.Written.SetLength(head.Number, (long)head.Place);
                    break;
                default:
                    target.Written.Change(Take((int)head.Place));
                    break;
            }
        }
        catch (InvalidDataException exception)
        {
            throw new TransferException(_frame, exception.Message, exception);
        }
    }

    /// <summary>Memory grows with what comes, not with what was promised.</summary>
    private byte[] Take(int length)
    {
        using var content = new MemoryStream();
        while (content.Length < length)
        {
            var part = _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, length - content.Length));
            Read(part);
            content.Write(part);
        }

        return content.ToArray();
    }

    private string End(FrameHead head)
    {
        if (head != new FrameHead(FrameKind.End, 0, 0, 0))
        {
            throw Wrong("its head is damaged");
        }

        string expected = Convert.ToHexStringLower(_hash.GetCurrentHash());
        Read(_buffer.AsSpan(0, _hash.HashLengthInBytes));
        string said = Convert.ToHexStringLower(_buffer.AsSpan(0, _hash.HashLengthInBytes));
        if (said != expected)
        {
            throw Wrong($"what came has the digest {expected}, what was sent {said}");
        }

        return stream.ReadByte() < 0 ? said : throw Wrong("something comes after the end");
    }

    private void Read(Span<byte> into)
    {
        try
        {
            stream.ReadExactly(into);
        }
        catch (EndOfStreamException exception)
        {
            throw new TransferException(_frame, "it ends in the middle", exception);
        }

        _hash.Append(into);
        _offset += into.Length;
    }

    private TransferException Wrong(string problem) => new(_frame, problem);
}
