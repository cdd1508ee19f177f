using System.Diagnostics;
using Figment.Keeper.Ledger;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
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

        Assert.Equal([("a", MachineState.Starting, 3L), ("b", MachineState.Waiting, 2L)], next.Last.Select(last => (last.Machine, last.To, last.Sequence)));
        Assert.Equal(4, next.Append(Event("b", MachineState.Failed)).Sequence);
        Assert.Equal([("a", MachineState.Starting, 3L), ("b", MachineState.Failed, 4L)], next.Last.Select(last => (last.Machine, last.To, last.Sequence)));
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

    [Fact]
    public void A_long_ledger_keeps_its_offsets_and_the_last_event_of_each_machine_and_gives_the_room_of_the_rest_back()
    {
        const int BlockBytes = 16 * 1024;
        using var folder = new TemporaryFolder();
        string path = folder["ledger.jsonl"];
        var told = new List<MachineEvent>();
        for (int keeper = 0; keeper < 5; keeper++)
        {
            using var ledger = LedgerFile.Open(path, BlockBytes);
            Assert.Equal(told.Count, ledger.Sequence);
            Assert.Equal(told.GroupBy(one => one.Machine).Select(one => (one.Key, one.Last().Sequence)).Order(), ledger.Last.Select(last => (last.Machine, last.Sequence)).Order());
            if (keeper == 0)
            {
                told.Add(ledger.Append(Event("rare", MachineState.Failed)));
            }

            for (int count = 0; count < 500; count++)
            {
                told.Add(ledger.Append(Event("abc"[count % 3].ToString(), count % 2 == 0 ? MachineState.Waiting : MachineState.Starting)));
            }
        }

        Assert.Equal(Enumerable.Range(1, told.Count).Select(number => (long)number), told.Select(one => one.Sequence));
        using var file = File.OpenRead(path);
        Assert.InRange(file.Length - SparseFile.NextData(file.SafeFileHandle, 0)!.Value, BlockBytes, 4 * BlockBytes);
    }

    [Fact]
    public void A_line_that_does_not_fit_is_not_half_written()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["small"]);
        MountCalls.Mount("tmpfs", folder["small"], "tmpfs", MountFlags.None, "size=64k");
        try
        {
            string path = folder["small/ledger.jsonl"];
            File.WriteAllBytes(folder["small/other"], new byte[48 * 1024]);
            using (var ledger = LedgerFile.Open(path))
            {
                long written = 0;
                var error = Assert.Throws<LinuxException>(() =>
                {
                    for (; written < 1000; written++)
                    {
                        ledger.Append(Event("a", MachineState.Waiting));
                    }
                });
                Assert.Equal(Errno.ENOSPC, error.Error);
                Assert.InRange(written, 1, 999);
                File.Delete(folder["small/other"]);
                Assert.Equal(written + 1, ledger.Append(Event("b", MachineState.Waiting)).Sequence);
            }

            using var next = LedgerFile.Open(path);
            Assert.Equal(["a", "b"], next.Last.Select(last => last.Machine).Order());
        }
        finally
        {
            Process.Start("umount", folder["small"]).WaitForExit();
        }
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
