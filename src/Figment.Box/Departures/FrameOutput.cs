using Figment.Box.Output;
using Figment.Box.Streams;

namespace Figment.Box.Departures;

/// <summary>What is written goes as frames of output to a client, some at a time.</summary>
internal sealed class FrameOutput(FrameChannel client) : Stream
{
    private const int FrameBytes = 256 * 1024;

    private readonly byte[] _buffer = new byte[FrameBytes];
    private int _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">The client has gone.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, FrameBytes - _length);
            buffer[..count].CopyTo(_buffer.AsSpan(_length));
            buffer = buffer[count..];
            if ((_length += count) == FrameBytes)
            {
                Flush();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        if (_length > 0)
        {
            Send(_buffer.AsSpan(0, _length));
            _length = 0;
        }
    }

    /// <summary>That was all.</summary>
    /// <exception cref="IOException">The client has gone.</exception>
    public void End()
    {
        Flush();
        Send([]);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (!client.Write(StreamKind.Output, bytes))
        {
            throw new IOException("who was to take the machine to another node has gone");
        }
    }
}
