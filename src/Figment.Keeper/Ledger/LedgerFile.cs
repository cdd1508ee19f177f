using System.Text.Json;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Model.Launch;
using Figment.Model.Signals;

namespace Figment.Keeper.Ledger;

/// <summary>
/// <c>ledger.jsonl</c>: every change of state, a line each, appended with one write(2), numbered without gaps over keepers.
/// A line that a crash tore is cut off at the next start: its change was never told to anybody.
/// </summary>
/// <remarks>
/// The file lies in memory and its application may run for years: after each <c>blockBytes</c> the last event of each machine is written once more, with its number, and what is older than
/// the block before takes no room any more. Offsets stay what they were: readers go on where they stopped, and pass over numbers that they know.
/// </remarks>
internal sealed class LedgerFile : IDisposable
{
    /// <summary>About 10,000 events: this many at least are there for a daemon that was away.</summary>
    private const int BlockBytes = 4 << 20;

    private readonly Descriptor _file;
    private readonly int _blockBytes;
    private readonly Dictionary<string, MachineEvent> _last;
    private long _length;
    private long _block;

    private LedgerFile(Descriptor file, int blockBytes, Content content)
    {
        _file = file;
        _blockBytes = blockBytes;
        (_last, Sequence, _block, _length) = content;
    }

    /// <summary>The last event of each machine.</summary>
    public IReadOnlyList<MachineEvent> Last => [.. _last.Values];

    /// <summary>Number of the last event.</summary>
    public long Sequence { get; private set; }

    /// <exception cref="InvalidDataException">A complete line is not an event.</exception>
    public static LedgerFile Open(string path, int blockBytes = BlockBytes)
    {
        using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var content = Read(stream, path);
        stream.SetLength(content.Length);
        return new LedgerFile(FileCalls.Open(path, FileCalls.O_WRONLY | FileCalls.O_APPEND), blockBytes, content);
    }

    /// <summary>Numbers the event and writes it.</summary>
    public MachineEvent Append(MachineEvent @event)
    {
        @event = @event with { Sequence = Sequence + 1 };
        Write(Line(@event));
        Sequence = @event.Sequence;
        _last[@event.Machine] = @event;
        if (_length - _block >= _blockBytes)
        {
            BeginBlock();
        }

        return @event;
    }

    public void Dispose() => _file.Dispose();

    private static byte[] Line(MachineEvent @event) => [.. JsonSerializer.SerializeToUtf8Bytes(@event, LaunchJson.Default.MachineEvent), (byte)'\n'];

    private static Content Read(FileStream stream, string path)
    {
        var last = new Dictionary<string, MachineEvent>(StringComparer.Ordinal);
        long sequence = 0;
        long begin = SparseFile.NextData(stream.SafeFileHandle, 0) ?? 0;
        long complete = begin;
        stream.Seek(begin, SeekOrigin.Begin);
        foreach (byte[] line in CompleteLines(stream))
        {
            // Room is given back by whole pages: zeros may stand before the first line.
            var @event = Parse(line.AsSpan().TrimStart((byte)0), path, sequence);
            sequence = Math.Max(sequence, @event.Sequence);
            last[@event.Machine] = @event;
            complete += line.Length + 1;
        }

        return new Content(last, sequence, begin, complete);
    }

    private void BeginBlock()
    {
        long begin = _length;
        try
        {
            Write([.. _last.Values.OrderBy(last => last.Sequence).SelectMany(Line)]);
        }
        catch (LinuxException)
        {
            // No room: it is tried again with the next event, and nothing is let go before.
            return;
        }

        if (_block > 0)
        {
            SparseFile.Punch(_file, 0, _block);
        }

        _block = begin;
    }

    /// <summary>All or nothing: half a line in the middle would spoil what follows.</summary>
    private void Write(byte[] lines)
    {
        try
        {
            FileCalls.Write(_file, lines);
            _length += lines.Length;
        }
        catch (LinuxException)
        {
            SparseFile.Truncate(_file, _length);
            throw;
        }
    }

    private static MachineEvent Parse(ReadOnlySpan<byte> line, string path, long sequence)
    {
        try
        {
            return JsonSerializer.Deserialize(line, LaunchJson.Default.MachineEvent) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: the line after sequence {sequence} is not an event ({exception.Message}); move the file away to begin a new ledger", exception);
        }
    }

    private static IEnumerable<byte[]> CompleteLines(FileStream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        var line = new List<byte>();
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            int start = 0;
            int newline;
            while ((newline = Array.IndexOf(buffer, (byte)'\n', start, count - start)) >= 0)
            {
                line.AddRange(buffer.AsSpan(start, newline - start));
                yield return [.. line];
                line.Clear();
                start = newline + 1;
            }

            line.AddRange(buffer.AsSpan(start, count - start));
        }
    }

    /// <param name="Last">The last event of each machine.</param>
    /// <param name="Sequence">The highest number.</param>
    /// <param name="Block">Where the file's data begin.</param>
    /// <param name="Length">Up to the end of the last whole line.</param>
    private sealed record Content(Dictionary<string, MachineEvent> Last, long Sequence, long Block, long Length);
}
