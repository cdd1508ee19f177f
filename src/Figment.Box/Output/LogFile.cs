using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Figment.Model.Specs;

namespace Figment.Box.Output;

/// <summary>
/// <c>log.jsonl</c> of a machine and its predecessors <c>log.jsonl.1</c>, <c>.2</c>, ... A disk that is full never holds the program up: what cannot be written is
/// dropped and counted, and the count is written when there is room again. One thread.
/// </summary>
internal sealed class LogFile(string folder, LoggingSpec logging, TimeProvider time) : IDisposable
{
    private const int LastLinesMax = 20;
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path = Path.Combine(folder, "log.jsonl");
    private readonly ArrayBufferWriter<byte> _line = new(1024);
    private readonly Queue<string> _last = new();
    private FileStream? _file;
    private long _dropped;

    /// <summary>The last lines written, kept in memory.</summary>
    public IReadOnlyList<string> LastLines => [.. _last];

    public void Write(LogRecord record)
    {
        if (record.Stream != "box")
        {
            if (_last.Count == LastLinesMax)
            {
                _last.Dequeue();
            }

            _last.Enqueue(record.Line);
        }

        if (!logging.Enabled)
        {
            return;
        }

        try
        {
            if (_dropped > 0)
            {
                Append(new LogRecord(time.GetUtcNow(), "box", string.Create(CultureInfo.InvariantCulture, $"{_dropped} lines could not be written here and are lost"), false));
                _dropped = 0;
            }

            Append(record);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _dropped++;
            _file?.Dispose();
            _file = null;
        }
    }

    public void Dispose() => _file?.Dispose();

    private void Append(LogRecord record)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, Options))
        {
            json.WriteStartObject();
            json.WriteString("at", record.At);
            json.WriteString("stream", record.Stream);
            json.WriteString("line", record.Line);
            if (record.Partial)
            {
                json.WriteBoolean("partial", true);
            }

            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        _file ??= new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (_file.Position > 0 && _file.Position + _line.WrittenCount > logging.MaxSizeBytes)
        {
            Rotate();
        }

        _file.Write(_line.WrittenSpan);
    }

    private void Rotate()
    {
        _file!.Dispose();
        _file = null;
        for (int number = logging.MaxFiles - 1; number >= 1; number--)
        {
            string from = number == 1 ? _path : Numbered(number - 1);
            if (File.Exists(from))
            {
                File.Move(from, Numbered(number), overwrite: true);
            }
        }

        _file = new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{_path}.{number}");
}
