using System.Buffers.Binary;
using System.Text.Json;
using Figment.Box.Output;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Sockets;
using Figment.Linux.Streams;
using Figment.Model.Control;

namespace Figment.Box.Streams;

/// <summary>A client's connection that carries frames (StreamRequest). One thread reads, any may write; writing waits for a slow client.</summary>
internal sealed class FrameChannel(Descriptor socket) : IDisposable
{
    /// <summary>A larger frame is a fault of the client.</summary>
    public const int PayloadBytesMax = 1024 * 1024;

    private const int HeaderBytes = 5;
    private const int ChunkBytes = 64 * 1024;

    private readonly Lock _writing = new();
    private byte[] _buffer = new byte[ChunkBytes];
    private int _length;

    public Descriptor Socket => socket;

    /// <summary>The one line before all frames. False: the client is gone.</summary>
    public bool Reply(StreamReply reply)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(reply, ControlJson.Default.StreamReply);
        return Send([.. json, (byte)'\n']);
    }

    /// <summary>False: the client is gone.</summary>
    public bool Write(StreamKind kind, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[HeaderBytes + payload.Length];
        frame[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderBytes));
        return Send(frame);
    }

    /// <summary>Reads what has come (the socket is readable) and hands over each complete frame.</summary>
    /// <returns>False: the client is gone.</returns>
    /// <exception cref="InvalidDataException">It does not speak frames.</exception>
    public bool Read(Action<StreamKind, ReadOnlyMemory<byte>> frame)
    {
        if (_length == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int count = NonBlocking.TryRead(socket, _buffer.AsSpan(_length));
        if (count <= 0)
        {
            return count < 0;
        }

        _length += count;
        int start = 0;
        while (_length - start >= HeaderBytes)
        {
            int payload = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(start + 1));
            if (payload is < 0 or > PayloadBytesMax)
            {
                throw new InvalidDataException($"a frame of {payload} bytes; the limit is {PayloadBytesMax}");
            }

            if (_length - start < HeaderBytes + payload)
            {
                break;
            }

            frame((StreamKind)_buffer[start], _buffer.AsMemory(start + HeaderBytes, payload));
            start += HeaderBytes + payload;
        }

        _buffer.AsSpan(start, _length - start).CopyTo(_buffer);
        _length -= start;
        return true;
    }

    /// <summary>Ends the connection in both directions; who reads sees it.</summary>
    public void Shut() => InternetSocket.Shut(socket);

    public void Dispose() => socket.Dispose();

    private bool Send(byte[] bytes)
    {
        lock (_writing)
        {
            try
            {
                DescriptorSocket.Send(socket, bytes, []);
                return true;
            }
            catch (LinuxException exception) when (exception.Error is Errno.EPIPE or Errno.ECONNRESET or Errno.EBADF)
            {
                return false;
            }
        }
    }
}
