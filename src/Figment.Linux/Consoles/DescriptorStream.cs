using Figment.Linux.Errors;
using Figment.Linux.Files;

namespace Figment.Linux.Consoles;

/// <summary>
/// read(2) and write(2) on one of the three standard descriptors, unbuffered. .NET's console streams edit lines on a terminal and say nothing of a broken pipe;
/// here EPIPE is a <see cref="LinuxException"/>. The asynchronous calls block: give a reader a thread of its own.
/// </summary>
public sealed class DescriptorStream : Stream
{
    // The numbers belong to the process: held here for its whole life, so that no collected stream closes one.
    private static readonly Descriptor[] Standard = [new(0), new(1), new(2)];

    private readonly Descriptor _descriptor;

    /// <param name="number">0, 1 or 2; it stays open.</param>
    public DescriptorStream(int number) => _descriptor = Standard[number];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => FileCalls.Read(_descriptor, buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => FileCalls.Write(_descriptor, buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
