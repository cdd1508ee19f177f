using System.Text.Json;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;
using Figment.Node.Ledger;

namespace Figment.Node.Tests.Ledger;

public sealed class LedgerReaderTests
{
    /// <summary>Read at its end all the time: each event once, in its order, whatever comes between two looks at the file.</summary>
    [Fact]
    public async Task Nothing_is_left_out_of_a_ledger_that_is_written_while_it_is_read()
    {
        const int Events = 30_000;
        string folder = Directory.CreateTempSubdirectory("figment-ledger-").FullName;
        try
        {
            string path = Path.Combine(folder, "ledger.jsonl");
            var writer = Task.Run(() => Write(path, Events), TestContext.Current.CancellationToken);
            var faults = new List<string>();
            var read = new List<long>();
            long offset = 0;
            while (read.Count < Events && faults.Count == 0)
            {
                bool isWritten = writer.IsCompleted;
                (var events, offset) = LedgerReader.Read(path, offset, faults);
                read.AddRange(events.Select(one => one.Sequence));
                Assert.False(isWritten && events.Count == 0 && read.Count < Events, $"{read.Count} of {Events} events");
            }

            await writer;
            Assert.Empty(faults);
            Assert.Equal(Enumerable.Range(1, Events).Select(sequence => (long)sequence), read);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string path, int events)
    {
        using var ledger = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        for (int sequence = 1; sequence <= events; sequence++)
        {
            var one = new MachineEvent { Sequence = sequence, At = DateTimeOffset.UnixEpoch, Machine = "web-1", From = MachineState.Frozen, To = MachineState.Running, Cause = new Signal { Kind = SignalKind.Data } };
            ledger.Write([.. JsonSerializer.SerializeToUtf8Bytes(one, LaunchJson.Default.MachineEvent), (byte)'\n']);

            // So that the reader stands at the end most of the time.
            Thread.SpinWait(1_000);
        }
    }
}
