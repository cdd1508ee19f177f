using System.Buffers.Binary;

namespace Figment.Api.Client;

/// <summary>
/// Frames over a duplex stream: one byte kind, four bytes length (big endian), payload (<see cref="Figment.Model.Control.StreamRequest"/>).
/// One reader; any number of writers, a lock orders them.
/// </summary>
public sealed class FrameStream : IAsyncDisposable
{
    /// <summary>Boxes send at most 64 KiB a frame; a longer one is a fault or an attack, and memory is not reserved for it.</summary>
    public const int PayloadBytesMax = 1024 * 1024;

    private const int HeadBytes = 5;

    private readonly Stream _stream;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly byte[] _head = new byte[HeadBytes];
    private byte[] _payload = new byte[4096];
    private bool _ended;

    /// <param name="stream">Duplex; owned from now on.</param>
    public FrameStream(Stream stream) => _stream = stream;

    /// <summary>The next frame; null when the other end has closed between two frames or an <see cref="FrameKind.Exit"/> was read.</summary>
    /// <exception cref="InvalidDataException">The frame breaks the protocol; the stream is of no more use.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return null;
        }

        int count = await _stream.ReadAtLeastAsync(_head, HeadBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            _ended = true;
            return null;
        }

        if (count < HeadBytes)
        {
            throw new InvalidDataException($"the connection ended inside a frame's head, after {count} of {HeadBytes} bytes");
        }

        var kind = (FrameKind)_head[0];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(1));
        Check(kind, length);
        if (_payload.Length < length)
        {
            _payload = new byte[Math.Max(length, (uint)_payload.Length * 2)];
        }

        var payload = _payload.AsMemory(0, (int)length);
        int read = await _stream.ReadAtLeastAsync(payload, payload.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < payload.Length)
        {
            throw new InvalidDataException($"the connection ended inside a frame of {length} bytes, after {read}");
        }

        _ended = kind == FrameKind.Exit;
        return new Frame(kind, payload);
    }

    /// <summary>Writes one frame and flushes it.</summary>
    public async ValueTask WriteAsync(FrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        Check(kind, (uint)payload.Length);
        byte[] bytes = new byte[HeadBytes + payload.Length];
        bytes[0] = (byte)kind;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), (uint)payload.Length);
        payload.CopyTo(bytes.AsMemory(HeadBytes));
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    public ValueTask WriteSizeAsync(int columns, int rows, CancellationToken cancellationToken)
    {
        byte[] size = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)Math.Clamp(columns, 0, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16BigEndian(size.AsSpan(2), (ushort)Math.Clamp(rows, 0, ushort.MaxValue));
        return WriteAsync(FrameKind.TerminalSize, size, cancellationToken);
    }

    public ValueTask WriteSignalAsync(int signal, CancellationToken cancellationToken) => WriteAsync(FrameKind.Signal, new[] { (byte)signal }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
    }

    private static void Check(FrameKind kind, uint length)
    {
        if (kind > FrameKind.Signal)
        {
            throw new InvalidDataException($"a frame has the unknown kind {(byte)kind}");
        }

        if (length > PayloadBytesMax)
        {
            throw new InvalidDataException($"a frame announces {length} bytes; {PayloadBytesMax} are allowed");
        }

        int exact = kind switch
        {
            FrameKind.TerminalSize => 4,
            FrameKind.Exit or FrameKind.Signal => 1,
            _ => -1,
        };
        if (exact >= 0 && length != exact)
        {
            throw new InvalidDataException($"a {kind} frame has {length} bytes instead of {exact}");
        }
    }
}
