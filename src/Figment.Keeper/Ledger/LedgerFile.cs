using System.Text.Json;
using Figment.Linux.Files;
using Figment.Model.Launch;
using Figment.Model.Signals;

namespace Figment.Keeper.Ledger;

/// <summary>
/// <c>ledger.jsonl</c>: every change of state, a line each, appended with one write(2), numbered without gaps over keepers.
/// A line that a crash tore is cut off at the next start: its change was never told to anybody.
/// </summary>
internal sealed class LedgerFile : IDisposable
{
    private readonly Descriptor _file;
    private long _sequence;

    private LedgerFile(Descriptor file, long sequence, IReadOnlyList<MachineEvent> last)
    {
        _file = file;
        _sequence = sequence;
        Last = last;
    }

    /// <summary>The last event of each machine, as found when opened.</summary>
    public IReadOnlyList<MachineEvent> Last { get; }

    /// <summary>Number of the last line.</summary>
    public long Sequence => _sequence;

    /// <exception cref="InvalidDataException">A complete line is not an event.</exception>
    public static LedgerFile Open(string path)
    {
        var last = new Dictionary<string, MachineEvent>(StringComparer.Ordinal);
        long sequence = 0;
        using (var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            long complete = 0;
            foreach (byte[] line in CompleteLines(stream))
            {
                complete += line.Length + 1;
                var @event = Parse(line, path, sequence);
                sequence = @event.Sequence;
                last[@event.Machine] = @event;
            }

            stream.SetLength(complete);
        }

        return new LedgerFile(FileCalls.Open(path, FileCalls.O_WRONLY | FileCalls.O_APPEND), sequence, [.. last.Values]);
    }

    /// <summary>Numbers the event and writes it.</summary>
    public MachineEvent Append(MachineEvent @event)
    {
        @event = @event with { Sequence = _sequence + 1 };
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(@event, LaunchJson.Default.MachineEvent), (byte)'\n'];
        FileCalls.Write(_file, line);
        _sequence = @event.Sequence;
        return @event;
    }

    public void Dispose() => _file.Dispose();

    private static MachineEvent Parse(byte[] line, string path, long sequence)
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
}
