namespace Figment.Node.Keepers;

/// <summary>Reads lines off a stream without taking more than it must keep: what came after the last line can be handed on.</summary>
internal sealed class LineReader(Stream stream, int lineBytesMax)
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>What was read past the last line.</summary>
    public ReadOnlyMemory<byte> Rest => _buffer.AsMemory(_start, _end - _start);

    /// <summary>The next line without its end, valid until the next call; null when the other end has closed.</summary>
    /// <exception cref="InvalidDataException">The line is too long.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellation)
    {
        int searched = 0;
        int newline;
        while ((newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n')) < 0)
        {
            searched = _end - _start;
            if (searched >= lineBytesMax)
            {
                throw new InvalidDataException($"a line is longer than {lineBytesMax} bytes");
            }

            MakeRoom();
            int count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            _end += count;
        }

        var line = _buffer.AsMemory(_start, searched + newline);
        _start += searched + newline + 1;
        return line;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}
