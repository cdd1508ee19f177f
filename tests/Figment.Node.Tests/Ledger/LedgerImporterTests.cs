using System.Text;
using System.Text.Json;
using CsCheck;
using Figment.Linux.Files;
using Figment.Model;
using Figment.Model.Launch;
using Figment.Node.Journal;
using Figment.Node.Ledger;
using Figment.Node.Tests.Journal;
using Figment.Node.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Figment.Node.Tests.Ledger;

public sealed class LedgerImporterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private NodeOptions Options => Specs.Options with { Places = new Places { RuntimeDirectory = _folder.At("run"), StateDirectory = _folder.At("state") } };

    private string LedgerPath => Path.Combine(Options.Places.ApplicationRuntime("shop"), "ledger.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_event_comes_once_however_the_file_grows_and_the_importer_restarts() =>
        Gen.Int[1, 200].List[1, 30].Sample(cuts =>
        {
            using var folder = new TemporaryFolder();
            var options = Specs.Options with { Places = new Places { RuntimeDirectory = folder.At("run"), StateDirectory = folder.At("state") } };
            string ledger = Path.Combine(options.Places.ApplicationRuntime("shop"), "ledger.jsonl");
            Directory.CreateDirectory(Path.GetDirectoryName(ledger)!);
            byte[] all = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, 20).Select(number => Line(number))));
            using var journal = NodeJournal.Open(folder.At("journal.db"), TimeProvider.System);
            int written = 0;
            foreach (int cut in cuts.Append(all.Length))
            {
                int count = Math.Min(cut, all.Length - written);
                using (var file = new FileStream(ledger, FileMode.Append))
                {
                    file.Write(all, written, count);
                }

                written += count;
                ImportOnce(options, journal);
            }

            Assert.Equal(Enumerable.Range(1, 20).Select(number => (long)number), journal.Events("shop", null, null, 100).Select(one => one.View.Event.Sequence));
            Assert.Equal(all.Length, journal.LedgerOffset("shop", 1));
        }, iter: 20, threads: 1);

    [Fact]
    public void Half_a_line_of_a_killed_keeper_is_passed_over()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LedgerPath)!);
        File.WriteAllText(LedgerPath, Line(1) + "{\"sequence\":2,\"at\n" + Line(3));
        using var journal = NodeJournal.Open(_folder.At("journal.db"), TimeProvider.System);

        ImportOnce(Options, journal);

        Assert.Equal([1, 3], journal.Events("shop", null, null, 100).Select(one => one.View.Event.Sequence));
    }

    [Fact]
    public void A_ledger_that_became_shorter_is_read_again_without_doubling()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LedgerPath)!);
        File.WriteAllText(LedgerPath, Line(1) + Line(2));
        using var journal = NodeJournal.Open(_folder.At("journal.db"), TimeProvider.System);
        ImportOnce(Options, journal);
        File.WriteAllText(LedgerPath, Line(1));

        ImportOnce(Options, journal);
        File.AppendAllText(LedgerPath, Line(2) + Line(3));
        ImportOnce(Options, journal);

        Assert.Equal([1, 2, 3], journal.Events("shop", null, null, 100).Select(one => one.View.Event.Sequence));
    }

    [Fact]
    public void A_ledger_that_lost_its_beginning_and_repeats_some_is_read_on()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LedgerPath)!);
        File.WriteAllText(LedgerPath, Line(1) + Line(2));
        using var journal = NodeJournal.Open(_folder.At("journal.db"), TimeProvider.System);
        ImportOnce(Options, journal);
        string gone = string.Concat(Enumerable.Range(3, 50).Select(number => Line(number)));
        File.AppendAllText(LedgerPath, gone + Line(2) + Line(53) + Line(54));
        using (var file = File.OpenWrite(LedgerPath))
        {
            SparseFile.Punch(file.SafeFileHandle, 0, Encoding.UTF8.GetByteCount(Line(1) + Line(2) + gone));
        }

        ImportOnce(Options, journal);

        Assert.Equal([1, 2, 53, 54], journal.Events("shop", null, null, 100).Select(one => one.View.Event.Sequence));
    }

    private static void ImportOnce(NodeOptions options, NodeJournal journal)
    {
        using var importer = new LedgerImporter(options, journal, new EventFeed(), TimeProvider.System, NullLogger<LedgerImporter>.Instance);
        importer.Follow("shop", 1);
        importer.Stop("shop");
    }

    private static string Line(long number) => JsonSerializer.Serialize(JournalTests.Event(number), LaunchJson.Default.MachineEvent) + "\n";
}
