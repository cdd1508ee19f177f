using System.Text.Json;
using Figment.Linux.Files;
using Figment.Model.Launch;
using Figment.Model.Signals;

namespace Figment.Node.Ledger;

/// <summary>Reads whole lines of a ledger from an offset. A line without its end is left for later: its keeper is writing it.</summary>
internal static class LedgerReader
{
    /// <summary>Read at once; a ledger grows by about 400 bytes an event.</summary>
    private const int ChunkBytes = 1 << 20;

    /// <summary>An event holds the last lines of a program at most; anything longer without a line's end is no ledger.</summary>
    private const int LineBytesMax = 1 << 20;

    /// <param name="path">The ledger; that it is missing means that it has nothing yet.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="faults">Gets what was no event, said with its place.</param>
    /// <returns>The events, and the offset past the last whole line. Call again while it moves.</returns>
    public static (IReadOnlyList<MachineEvent> Events, long Offset) Read(string path, long offset, ICollection<string> faults)
    {
        if (!File.Exists(path))
        {
            return ([], offset);
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length < offset)
        {
            faults.Add($"{path} has become shorter than what was read of it ({file.Length} bytes instead of {offset}); it is read from its start again");
            offset = 0;
        }

        // A ledger's beginning takes no room once the ledger is long: whole pages of it are gone, and zeros may stand before the first line that is left.
        // Nothing from there on is nothing yet, even if the keeper has written some more by now.
        if (SparseFile.NextData(file.SafeFileHandle, offset) is not { } data)
        {
            return ([], offset);
        }

        if (data > offset)
        {
            faults.Add($"{path}: {data - offset} bytes from {offset} were let go before they were read: their events are not in the journal");
            offset = data;
        }

        file.Seek(offset, SeekOrigin.Begin);
        byte[] buffer = new byte[Math.Min(ChunkBytes, file.Length - offset)];
        int count = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        var events = new List<MachineEvent>();
        int start = 0;
        int newline;
        while ((newline = buffer.AsSpan(start, count - start).IndexOf((byte)'\n')) >= 0)
        {
            Parse(buffer.AsSpan(start, newline), path, offset + start, events, faults);
            start += newline + 1;
        }

        if (start == 0 && count >= LineBytesMax)
        {
            faults.Add($"{path}:{offset}: more than {LineBytesMax} bytes without a line's end are skipped");
            start = count;
        }

        return (events, offset + start);
    }

    private static void Parse(ReadOnlySpan<byte> line, string path, long at, List<MachineEvent> events, ICollection<string> faults)
    {
        line = line.TrimStart((byte)0);
        if (line.IsEmpty)
        {
            return;
        }

        try
        {
            if (JsonSerializer.Deserialize(line, LaunchJson.Default.MachineEvent) is { } machineEvent)
            {
                events.Add(machineEvent);
            }
        }
        catch (JsonException exception)
        {
            // A keeper that was killed while writing leaves half a line, which the next one ends: the rest of the ledger is good.
            faults.Add($"{path}: byte {at} begins no event: {exception.Message}");
        }
    }
}
