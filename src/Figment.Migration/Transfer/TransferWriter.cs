using System.IO.Hashing;
using System.Text;
using Figment.Linux.Memory;
using Figment.Migration.Memory;
using Figment.Migration.Written;

namespace Figment.Migration.Transfer;

/// <summary>
/// A machine as a stream of frames: pages and what it wrote to its root in rounds while it runs, the files of its dump, a digest at the end. The digest is against mistakes; against others the stream is carried by TLS. One caller.
/// </summary>
/// <param name="stream">Gets the frames; stays the caller's.</param>
public sealed class TransferWriter(Stream stream) : IPageSink, IWrittenSink
{
    private readonly XxHash128 _hash = new();
    private readonly byte[] _head = new byte[FrameHead.Bytes];
    private readonly Dictionary<int, PageSet> _sent = [];
    private int _rounds;

    /// <summary>So far, heads included.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public void Put(int process, ulong address, ReadOnlySpan<byte> pages)
    {
        var sent = SentOf(process);
        while (!pages.IsEmpty)
        {
            bool isZero = IsZero(pages);
            int run = MemoryPage.Bytes;
            int most = isZero ? pages.Length : Math.Min(pages.Length, TransferLimits.PagesMax * MemoryPage.Bytes);
            while (run < most && IsZero(pages[run..]) == isZero)
            {
                run += MemoryPage.Bytes;
            }

            uint count = (uint)(run / MemoryPage.Bytes);
            Begin(new FrameHead(isZero ? FrameKind.Zeros : FrameKind.Pages, process, address, count));
            if (!isZero)
            {
                Write(pages[..run]);
            }

            sent.Add(address, count);
            pages = pages[run..];
            address += (ulong)run;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public void Owe(int process, PageRange range)
    {
        var sent = SentOf(process);
        for (ulong at = range.Start; at < range.End;)
        {
            uint count = (uint)Math.Min((range.End - at) / MemoryPage.Bytes, TransferLimits.ZerosMax);
            Begin(new FrameHead(FrameKind.Owed, process, at, count));
            sent.Add(at, count);
            at += count * (ulong)MemoryPage.Bytes;
        }
    }

    /// <inheritdoc/>
    public ulong? Lacks(int process, PageRange range) => _sent.TryGetValue(process, out var sent) ? sent.Lacks(range) : range.Start;

    /// <inheritdoc/>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public void SetLength(int content, long length) => Begin(new FrameHead(FrameKind.Length, content, (ulong)length, 0));

    /// <inheritdoc/>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public void Write(int content, long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, TransferLimits.ContentBytesMax)];
            Begin(new FrameHead(FrameKind.Content, content, (ulong)offset, (uint)part.Length));
            Write(part);
            offset += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public void Clear(int content, long offset, uint pages) => Begin(new FrameHead(FrameKind.Hole, content, (ulong)offset, pages));

    /// <inheritdoc/>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public void Change(ReadOnlyMemory<byte> json)
    {
        Begin(new FrameHead(FrameKind.Change, 0, (ulong)json.Length, 0));
        Write(json.Span);
    }

    /// <summary>What was put so far goes on its way.</summary>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public void EndRound()
    {
        Begin(new FrameHead(FrameKind.Round, ++_rounds, 0, 0));
        stream.Flush();
    }

    /// <summary>A file of the dump, under its name.</summary>
    /// <exception cref="IOException">It cannot be read, or nobody takes it any more.</exception>
    public void Send(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        using var file = File.OpenRead(path);
        long length = file.Length;
        Begin(new FrameHead(FrameKind.File, name.Length, (ulong)length, 0));
        Write(name);
        byte[] buffer = new byte[(int)Math.Clamp(length, 1, TransferLimits.PagesMax * MemoryPage.Bytes)];
        for (long left = length; left > 0;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
            file.ReadExactly(part);
            Write(part);
            left -= part.Length;
        }
    }

    /// <summary>CRIU's images and what else a dump has in files of its own; its trees are another matter (<see cref="WrittenCopy"/>).</summary>
    /// <exception cref="IOException">It cannot be read, or nobody takes it any more.</exception>
    public void SendDump(string folder)
    {
        foreach (string file in Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".img" or ".json").Order(StringComparer.Ordinal))
        {
            Send(file);
        }
    }

    /// <summary>That was all.</summary>
    /// <returns>Its digest, which the other side has too when all has come.</returns>
    /// <exception cref="IOException">Nobody takes it any more.</exception>
    public string Complete()
    {
        Begin(new FrameHead(FrameKind.End, 0, 0, 0));
        byte[] digest = _hash.GetCurrentHash();
        stream.Write(digest);
        stream.Flush();
        Bytes += digest.Length;
        return Convert.ToHexStringLower(digest);
    }

    private PageSet SentOf(int process) => _sent.TryGetValue(process, out var sent) ? sent : _sent[process] = new PageSet();

    private static bool IsZero(ReadOnlySpan<byte> pages) => !pages[..MemoryPage.Bytes].ContainsAnyExcept((byte)0);

    private void Begin(FrameHead head)
    {
        head.Write(_head);
        Write(_head);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        stream.Write(bytes);
        Bytes += bytes.Length;
    }
}
