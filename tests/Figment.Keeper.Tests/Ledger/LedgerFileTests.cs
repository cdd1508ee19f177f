using Figment.Keeper.Ledger;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Tests.Ledger;

public sealed class LedgerFileTests
{
    [Fact]
    public void Numbers_go_on_over_keepers_and_the_last_event_of_each_machine_is_found()
    {
        using var folder = new TemporaryFolder();
        using (var ledger = LedgerFile.Open(folder["ledger.jsonl"]))
        {
            Assert.Equal(0, ledger.Sequence);
            ledger.Append(Event("a", MachineState.Waiting));
            ledger.Append(Event("b", MachineState.Waiting));
            ledger.Append(Event("a", MachineState.Starting));
        }

        using var next = LedgerFile.Open(folder["ledger.jsonl"]);

        Assert.Equal(4, next.Append(Event("b", MachineState.Failed)).Sequence);
        Assert.Equal([("a", MachineState.Starting, 3L), ("b", MachineState.Waiting, 2L)], next.Last.Select(last => (last.Machine, last.To, last.Sequence)));
    }

    [Fact]
    public void A_torn_last_line_is_cut_off_at_every_possible_place()
    {
        using var folder = new TemporaryFolder();
        string path = folder["ledger.jsonl"];
        using (var ledger = LedgerFile.Open(path))
        {
            ledger.Append(Event("a", MachineState.Waiting));
            ledger.Append(Event("a", MachineState.Starting));
        }

        byte[] whole = File.ReadAllBytes(path);
        int first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = first; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            using (var ledger = LedgerFile.Open(path))
            {
                Assert.Equal(2, ledger.Append(Event("a", MachineState.Starting)).Sequence);
            }

            Assert.Equal(whole, File.ReadAllBytes(path));
        }
    }

    [Fact]
    public void A_complete_line_that_is_no_event_is_an_error_that_says_where()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["ledger.jsonl"], "{}\n");

        var exception = Assert.Throws<InvalidDataException>(() => LedgerFile.Open(folder["ledger.jsonl"]));

        Assert.Contains("ledger.jsonl: the line after sequence 0", exception.Message, StringComparison.Ordinal);
    }

    private static MachineEvent Event(string machine, MachineState to) => new()
    {
        Sequence = 0,
        At = DateTimeOffset.UnixEpoch,
        Machine = machine,
        From = MachineState.Imaginary,
        To = to,
        Cause = new Signal { Kind = SignalKind.Connection, Port = 80 },
    };
}
