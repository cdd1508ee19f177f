using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Linux.Errors;
using Figment.Linux.Files;

namespace Figment.Linux.Sockets;

/// <summary>
/// Lines of JSON, with descriptors, over a Unix stream socket. Blocking. Any thread may send (a lock orders them); one thread receives.
/// A line that carries descriptors starts with <c>+N </c>, their number: the kernel may deliver them together with earlier lines, never later than their own.
/// </summary>
public sealed class LineChannel : IDisposable
{
    private readonly Descriptor _socket;
    private readonly int _lineBytesMax;
    private readonly Lock _sending = new();
    private readonly List<Descriptor> _arrived = [];
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <param name="socket">Connected stream socket; owned from now on.</param>
    /// <param name="lineBytesMax">A longer line ends the conversation.</param>
    public LineChannel(Descriptor socket, int lineBytesMax)
    {
        _socket = socket;
        _lineBytesMax = lineBytesMax;
    }

    public Descriptor Socket => _socket;

    public void Send<T>(T message, JsonTypeInfo<T> type, params ReadOnlySpan<int> descriptors) =>
        Send(JsonSerializer.SerializeToUtf8Bytes(message, type), descriptors);

    /// <param name="json">One message; no line break in it.</param>
    /// <param name="descriptors">Sent with it.</param>
    public void Send(ReadOnlySpan<byte> json, params ReadOnlySpan<int> descriptors)
    {
        byte[] line = descriptors.IsEmpty ? [.. json, (byte)'\n'] : [.. Encoding.ASCII.GetBytes($"+{descriptors.Length} "), .. json, (byte)'\n'];
        lock (_sending)
        {
            DescriptorSocket.Send(_socket, line, descriptors);
        }
    }

    /// <summary>The next message, or null when the other end has closed. Descriptors that came with it are the caller's.</summary>
    /// <exception cref="InvalidDataException">The line is too long or not the JSON expected.</exception>
    public T? Receive<T>(JsonTypeInfo<T> type, out IReadOnlyList<Descriptor> descriptors)
        where T : class
    {
        if (Receive(out descriptors) is not { } line)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(line.Span, type) ?? throw new InvalidDataException("a message was null");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            // NotSupportedException: an object without the discriminator that says which message it is.
            throw new InvalidDataException($"not a message: {exception.Message}", exception);
        }
    }

    /// <summary>The next message's text, good until the next call, or null when the other end has closed. Descriptors that came with it are the caller's.</summary>
    /// <exception cref="InvalidDataException">The line is too long.</exception>
    public ReadOnlyMemory<byte>? Receive(out IReadOnlyList<Descriptor> descriptors)
    {
        int newline;
        int searched = 0;
        while ((newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n')) < 0)
        {
            searched = _end - _start;
            if (!Fill())
            {
                descriptors = [];
                return null;
            }
        }

        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, searched + newline);
        _start += searched + newline + 1;
        descriptors = TakeDescriptors(ref line);
        return line;
    }

    /// <summary>Hands over what was received past the last line and the socket; this channel is used up.</summary>
    public (Descriptor Socket, byte[] Received) Detach() => (_socket, _buffer.AsSpan(_start, _end - _start).ToArray());

    public void Dispose()
    {
        foreach (var descriptor in _arrived)
        {
            descriptor.Dispose();
        }

        _socket.Dispose();
    }

    private List<Descriptor> TakeDescriptors(ref ReadOnlyMemory<byte> line)
    {
        var text = line.Span;
        if (text is not [(byte)'+', ..])
        {
            return [];
        }

        if (!Utf8Parser.TryParse(text[1..], out int count, out int digits) || count < 1 || count > _arrived.Count
            || line.Length < digits + 2 || text[digits + 1] != (byte)' ')
        {
            throw new InvalidDataException("a line announces descriptors that did not come with it");
        }

        line = line[(digits + 2)..];
        var taken = _arrived.GetRange(0, count);
        _arrived.RemoveRange(0, count);
        return taken;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_end >= _lineBytesMax)
            {
                throw new InvalidDataException($"a line is longer than {_lineBytesMax} bytes");
            }

            Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, _lineBytesMax));
        }

        int count;
        try
        {
            count = DescriptorSocket.Receive(_socket, _buffer.AsSpan(_end), _arrived);
        }
        catch (LinuxException exception) when (exception.Error is Errno.ECONNRESET or Errno.EBADF)
        {
            return false;
        }

        _end += count;
        return count > 0;
    }
}
