using System.IO.Compression;
using System.Security.Cryptography;
using ZstdSharp;

namespace Figment.Images.Layers;

/// <summary>
/// The uncompressed bytes of a layer: plain, gzip or zstd, told by the first bytes as Docker does (media types are often wrong). Counts and hashes what passes, and
/// stops a bomb: too many bytes, or too many for what they came from.
/// </summary>
internal sealed class LayerStream : Stream
{
    private const long ReportBytes = 4 * 1024 * 1024;

    private readonly Stream _stored;
    private readonly Stream _unpacked;
    private readonly ImageLimits _limits;
    private readonly LayerFaults _faults;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly CancellationToken _cancellation;
    private readonly UnpackBudget _budget;

    /// <summary>The stored stream is seekable and at its start; it is not disposed. The budget is what the image's layers may have together.</summary>
    public LayerStream(Stream stored, UnpackBudget budget, ImageLimits limits, LayerFaults faults, CancellationToken cancellation)
    {
        (_stored, _budget, _limits, _faults, _cancellation) = (stored, budget, limits, faults, cancellation);
        Span<byte> first = stackalloc byte[4];
        int count = stored.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        stored.Position = 0;
        first = first[..count];
        _unpacked = first.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? new GZipStream(stored, CompressionMode.Decompress, leaveOpen: true)
            : first.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? new DecompressionStream(stored, leaveOpen: true)
            : stored;
    }

    public long UnpackedBytes { get; private set; }

    /// <summary>Told now and then how many stored bytes were read.</summary>
    public Action<long>? Report { get; init; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads to the end: bytes after the archive's end count and are hashed too.</summary>
    public void Drain()
    {
        const int BufferBytes = 128 * 1024;
        byte[] buffer = new byte[BufferBytes];
        while (Read(buffer) > 0)
        {
        }
    }

    /// <summary>sha256 of all that was read, as a digest.</summary>
    public string FinishDigest() => Digests.Of(_hash.GetHashAndReset());

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        _cancellation.ThrowIfCancellationRequested();
        int count;
        try
        {
            count = _unpacked.Read(buffer);
        }
        catch (Exception broken) when (broken is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw _faults.Corrupt($"its compressed data are broken ({broken.Message})", broken);
        }

        _hash.AppendData(buffer[..count]);
        if (UnpackedBytes / ReportBytes != (UnpackedBytes + count) / ReportBytes)
        {
            Report?.Invoke(_stored.Position);
        }

        UnpackedBytes += count;
        if (UnpackedBytes > _limits.UnpackedBytesPerLayerMax)
        {
            throw _faults.TooLarge($"it unpacks to more than {_limits.UnpackedBytesPerLayerMax} bytes");
        }

        if (!_budget.TryTake(count))
        {
            throw _faults.TooLarge($"the image's layers together unpack to more than {_budget.BytesMax} bytes");
        }

        // The stored stream's place runs ahead by what the decompressor holds, which only makes this milder.
        if (UnpackedBytes > _limits.CompressionRatioFromBytes && UnpackedBytes / Math.Max(_stored.Position, 1) > _limits.CompressionRatioMax)
        {
            throw _faults.TooLarge($"it is a compression bomb: {_stored.Position} bytes became {UnpackedBytes}");
        }

        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (!ReferenceEquals(_unpacked, _stored))
            {
                _unpacked.Dispose();
            }

            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
