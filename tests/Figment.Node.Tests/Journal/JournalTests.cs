using System.Diagnostics;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Journal;

public sealed class JournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string JournalPath => _folder.At("journal.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_there_after_reopening_and_no_secret_is()
    {
        var spec = Specs.Application(Specs.Service("web")) with { Secrets = [new FileSpec { Name = "key", Content = "hunter2-xyzzy" }] };
        using (var journal = Open())
        {
            journal.PutApplication(Record(spec, 1), [new Allocation(AllocationKind.Subnet, "default", "10.210.0.0/24")]);
            journal.RecordStep("op", "shop", "Step", StepPhase.Begun);
        }

        using var again = Open();
        Assert.Equal("web", again.Application("shop")!.Spec.Services[0].Name);
        Assert.Null(again.Application("shop")!.Spec.Secrets[0].Content);
        Assert.Equal("10.210.0.0/24", Assert.Single(again.Allocations()["shop"]).Value);
        Assert.Equal(StepPhase.Begun, Assert.Single(again.Steps("shop")).Phase);
        foreach (string file in Directory.EnumerateFiles(_folder.Path))
        {
            Assert.False(File.ReadAllBytes(file).AsSpan().IndexOf("hunter2-xyzzy"u8) >= 0, $"the secret stands in {file}");
        }
    }

    [Fact]
    public void An_older_epoch_is_refused()
    {
        using var journal = Open();
        journal.PutApplication(Record(Specs.Application(), 5), []);

        Assert.Throws<NodeException>(() => journal.PutApplication(Record(Specs.Application(), 4), []));
        Assert.Equal(5, journal.Application("shop")!.Epoch);
    }

    [Fact]
    public void An_assignment_is_won_by_one_of_many()
    {
        using var journal = Open();
        var won = new System.Collections.Concurrent.ConcurrentBag<Assignment>();

        Parallel.For(0, 32, number =>
        {
            if (journal.TryAssign("shop", $"node{number}", 0) is { } assignment)
            {
                won.Add(assignment);
            }
        });

        Assert.Equal(1, Assert.Single(won).Epoch);
        Assert.Null(journal.TryAssign("shop", "late", 0));
        Assert.Equal(2, journal.TryAssign("shop", "next", 1)!.Epoch);
        Assert.Equal(new Assignment("next", 2), journal.FindAssignment("shop"));
    }

    [Fact]
    public void Grain_state_with_an_old_etag_is_refused()
    {
        using var journal = Open();
        Assert.Equal(1, journal.WriteGrain("desired", "shop", null, [1]));
        Assert.Null(journal.WriteGrain("desired", "shop", null, [2]));
        Assert.Equal(2, journal.WriteGrain("desired", "shop", 1, [3]));
        Assert.Null(journal.WriteGrain("desired", "shop", 1, [4]));
        Assert.Equal([3], journal.ReadGrain("desired", "shop")!.Value.Body);
        Assert.False(journal.ClearGrain("desired", "shop", 1));
        Assert.True(journal.ClearGrain("desired", "shop", 2));
    }

    [Fact]
    public void An_event_is_taken_in_once_and_a_new_incarnation_counts_anew()
    {
        using var journal = Open();
        Assert.Equal(2, journal.ImportEvents("shop", 1, [Event(1), Event(2)], 200).Count);
        Assert.Equal(3, Assert.Single(journal.ImportEvents("shop", 1, [Event(2), Event(3)], 300)).View.Event.Sequence);
        Assert.Single(journal.ImportEvents("shop", 2, [Event(1)], 100));

        Assert.Equal([1, 2, 3, 1], journal.Events("shop", null, null, 100).Select(one => one.View.Event.Sequence));
        var first = journal.EventsAfter("shop", DateTimeOffset.UnixEpoch, 0, 3);
        Assert.Equal([1, 2, 3], first.Select(one => one.View.Event.Sequence));
        Assert.Equal([1], journal.EventsAfter("shop", DateTimeOffset.UnixEpoch, first[^1].Id, 3).Select(one => one.View.Event.Sequence));
        Assert.Equal([3, 1], journal.Events(null, "web-1", null, 2).Select(one => one.View.Event.Sequence));
        Assert.Equal((300, 100, 0), (journal.LedgerOffset("shop", 1), journal.LedgerOffset("shop", 2), journal.LedgerOffset("shop", 3)));
    }

    [Fact]
    public void A_file_that_is_no_journal_or_a_newer_one_is_refused_with_what_to_do()
    {
        File.WriteAllText(JournalPath, new string('x', 5000));
        Assert.Contains("cannot be opened as a journal", Assert.Throws<NodeException>(Open).Message, StringComparison.Ordinal);
        File.Delete(JournalPath);
        Open().Dispose();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={JournalPath};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Assert.Contains("has schema 99", Assert.Throws<NodeException>(Open).Message, StringComparison.Ordinal);
    }

    /// <summary>A process of this test's own program writes pairs of records and is killed in the middle; whatever it reported as written must be there, and a transaction wholly or not at all.</summary>
    [Fact]
    public async Task Nothing_reported_as_written_is_lost_when_the_writer_is_killed()
    {
        for (int round = 0; round < 4; round++)
        {
            using var writer = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
            {
                Environment = { [JournalWriter.Variable] = JournalPath },
                RedirectStandardOutput = true,
            })!;
            long reported = 0;
            for (int count = 0; count < 40 + (round * 13); count++)
            {
                reported = long.Parse((await writer.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
            }

            writer.Kill();
            await writer.WaitForExitAsync();

            using var journal = Open();
            var steps = journal.Steps("shop");
            Assert.Contains(steps, step => step.Detail == reported.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(Enumerable.Range(1, steps.Count).Select(number => (long)number), steps.Select(step => step.Id));
            var allocations = journal.Allocations()["shop"];
            Assert.Equal(2, allocations.Count);
            Assert.Equal(allocations[0].Value, allocations[1].Value);
            Assert.True(long.Parse(allocations[0].Value, System.Globalization.CultureInfo.InvariantCulture) >= reported);
        }
    }

    internal static ApplicationRecord Record(ApplicationSpec spec, long epoch) =>
        new() { Name = spec.Name, Epoch = epoch, Incarnation = 1, Wanted = WantedState.Up, Tag = "0a1b2c", Spec = spec, Boot = "boot" };

    internal static MachineEvent Event(long sequence) => new()
    {
        Sequence = sequence,
        At = DateTimeOffset.UnixEpoch.AddSeconds(sequence),
        Machine = "web-1",
        From = MachineState.Imaginary,
        To = MachineState.Starting,
        Cause = new Signal { Kind = SignalKind.Connection },
    };

    private NodeJournal Open() => NodeJournal.Open(JournalPath, TimeProvider.System);
}
