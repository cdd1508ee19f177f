using System.Text;

namespace Figment.Box.Output;

/// <summary>Cuts a stream of bytes into lines. One thread.</summary>
internal sealed class LineSplitter(string stream, Action<LogRecord> write, TimeProvider time)
{
    /// <summary>A longer line is written in pieces, as Docker does: what reads the log need not hold more.</summary>
    public const int LineBytesMax = 16 * 1024;

    private readonly byte[] _line = new byte[LineBytesMax];
    private int _length;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int newline = bytes.IndexOf((byte)'\n');
            var part = newline < 0 ? bytes : bytes[..newline];
            if (part.Length > LineBytesMax - _length)
            {
                int fits = LineBytesMax - _length;
                part[..fits].CopyTo(_line.AsSpan(_length));
                _length += fits;
                bytes = bytes[fits..];
                WritePiece();
                continue;
            }

            part.CopyTo(_line.AsSpan(_length));
            _length += part.Length;
            bytes = bytes[part.Length..];
            if (newline >= 0)
            {
                bytes = bytes[1..];
                int end = _length > 0 && _line[_length - 1] == '\r' ? _length - 1 : _length;
                Write(end, partial: false);
                _length = 0;
            }
        }
    }

    /// <summary>The stream has ended: what is left is a line too.</summary>
    public void End()
    {
        if (_length > 0)
        {
            Write(_length, partial: false);
            _length = 0;
        }
    }

    /// <summary>Writes a full buffer, but leaves the beginning of a character that is cut.</summary>
    private void WritePiece()
    {
        int end = _length;
        int back = 1;
        while (back < 4 && (_line[_length - back] & 0xC0) == 0x80)
        {
            back++;
        }

        int lead = _line[_length - back];
        int characterBytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        if (characterBytes > back)
        {
            end = _length - back;
        }

        Write(end, partial: true);
        _line.AsSpan(end, _length - end).CopyTo(_line);
        _length -= end;
    }

    private void Write(int bytes, bool partial) => write(new LogRecord(time.GetUtcNow(), stream, Encoding.UTF8.GetString(_line, 0, bytes), partial));
}
