using CsCheck;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;
using Figment.Node.Journal;
using Figment.Node.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Node.Tests.Journal;

public sealed class IntervalTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Names = ["web-1", "web-2", "db-1"];

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Start);

    /// <summary>One step: time passes, machines change, the batch is taken in.</summary>
    private static readonly Gen<(long PassMs, (int Machine, MachineState To, long AfterUs, int Used)[] Changes, bool Reopen)[]> Steps = Gen.Select(
        Gen.OneOf(Gen.Long[0, 1_000], Gen.Long[0, 50_000_000]),
        Gen.Select(Gen.Int[0, Names.Length - 1], Gen.Enum<MachineState>(), Gen.Long[0, 5_000_000], Gen.Int[0, 1_000_000]).Array[0, 6],
        Gen.Int[0, 4].Select(number => number == 0)).Array[1, 25];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Whatever_happens_a_machine_s_intervals_tile_time_and_hold_all_that_was_used() => Steps.Sample(
        steps =>
        {
            using var folder = new TemporaryFolder();
            var time = new FakeTimeProvider(Start);
            var journal = NodeJournal.Open(folder.At("journal.db"), time);
            try
            {
                var states = Names.ToDictionary(name => name, _ => MachineState.Imaginary);
                var first = new Dictionary<string, DateTimeOffset>();
                long used = 0;
                long sequence = 0;
                foreach (var (passMs, changes, reopen) in steps)
                {
                    time.Advance(TimeSpan.FromMilliseconds(passMs));
                    var batch = new List<MachineEvent>();
                    foreach (var (machine, to, afterUs, spent) in changes)
                    {
                        time.Advance(TimeSpan.FromMicroseconds(afterUs));
                        string name = Names[machine];
                        var usage = states[name].RunsProgram() ? new MachineUsage { ProcessorUs = spent, MemoryKibMs = spent * 3L } : null;
                        used += usage is not null && first.ContainsKey(name) ? spent : 0;
                        batch.Add(Change(++sequence, time.GetUtcNow(), name, states[name], to, usage));
                        first.TryAdd(name, time.GetUtcNow());
                        states[name] = to;
                    }

                    journal.ImportEvents("shop", 1, batch, sequence);
                    journal.ImportEvents("shop", 1, batch, sequence);
                    if (reopen)
                    {
                        journal.FoldIntervals(time.GetUtcNow());
                        journal.Dispose();
                        journal = NodeJournal.Open(folder.At("journal.db"), time);
                    }
                }

                AssertTiles(journal, first, states, time.GetUtcNow());
                Assert.Equal(used, journal.Intervals("shop", null).Sum(one => one.Usage?.ProcessorUs ?? 0) + journal.Hours("shop", null).Sum(hour => hour.Usage.ProcessorUs));
                Assert.Equal(used * 3, journal.Intervals("shop", null).Sum(one => one.Usage?.MemoryKibMs ?? 0) + journal.Hours("shop", null).Sum(hour => hour.Usage.MemoryKibMs));
            }
            finally
            {
                journal.Dispose();
            }
        },
        iter: 60,
        threads: 1);

    [Fact]
    public void Machines_are_there_from_up_to_down_and_those_that_go_in_between_end_alone()
    {
        using var journal = Open();
        journal.OpenIntervals("shop", 1, [Launch("web-1"), Launch("db-1")]);
        _time.Advance(TimeSpan.FromSeconds(10));
        journal.ImportEvents("shop", 1, [Change(1, _time.GetUtcNow(), "web-1", MachineState.Imaginary, MachineState.Running, null)], 1);
        _time.Advance(TimeSpan.FromSeconds(5));
        journal.CloseIntervalsBut("shop", [Launch("web-1")]);
        journal.OpenIntervals("shop", 1, [Launch("web-1")]);
        _time.Advance(TimeSpan.FromSeconds(5));
        journal.ForgetApplication("shop");

        Assert.Equal(
            [("db-1", "db", MachineState.Imaginary, 0, 15), ("web-1", "web", MachineState.Imaginary, 0, 10), ("web-1", "web", MachineState.Running, 10, 20)],
            journal.Intervals("shop", null).Select(one => (one.Machine, one.Service, one.State, (int)(one.Begin - Start).TotalSeconds, (int)(one.End!.Value - Start).TotalSeconds)));
        Assert.Equal((true, SignalKind.Connection), (journal.Intervals("shop", null)[^1].IsWake, journal.Intervals("shop", null)[^1].Cause!.Value));
        Assert.Empty(journal.Intervals("shop", Start.AddSeconds(20)));
    }

    [Fact]
    public void After_a_loss_of_power_what_was_open_ends_with_the_last_that_was_heard()
    {
        using var journal = Open();
        journal.NextIncarnation("shop");
        journal.OpenIntervals("shop", 1, [Launch("web-1"), Launch("db-1")]);
        _time.Advance(TimeSpan.FromSeconds(10));
        journal.ImportEvents("shop", 1, [Change(1, _time.GetUtcNow(), "web-1", MachineState.Imaginary, MachineState.Running, null)], 1);
        _time.Advance(TimeSpan.FromHours(3));

        Assert.Equal(2, journal.NextIncarnation("shop"));

        Assert.All(journal.Intervals("shop", null), one => Assert.Equal(Start.AddSeconds(10), one.End));
        journal.OpenIntervals("shop", 2, [Launch("web-1")]);
        Assert.Equal(MachineState.Imaginary, Assert.Single(journal.Intervals("shop", null), one => one.End is null).State);
    }

    [Fact]
    public void A_day_later_hours_are_left_and_four_hundred_days_later_nothing()
    {
        using var journal = Open();
        journal.ImportEvents("shop", 1, [Change(1, Start, "web-1", MachineState.Imaginary, MachineState.Running, null)], 1);
        _time.Advance(TimeSpan.FromMinutes(90));
        journal.ImportEvents("shop", 1, [Change(2, _time.GetUtcNow(), "web-1", MachineState.Running, MachineState.Imaginary, new MachineUsage { ProcessorUs = 90, NetworkSentBytes = 30 })], 2);
        _time.Advance(TimeSpan.FromHours(26));
        journal.ImportEvents("shop", 1, [Change(3, _time.GetUtcNow(), "web-1", MachineState.Imaginary, MachineState.Running, null)], 3);

        var hours = journal.Hours("shop", null);
        Assert.Equal([(12, 60, 60L, 20L, 1, 1), (13, 30, 30L, 10L, 0, 0)], hours.Select(hour =>
            (hour.Hour.Hour, (int)(hour.WallUs / 60_000_000), hour.Usage.ProcessorUs, hour.Usage.NetworkSentBytes, hour.Begun, hour.Wakes.GetValueOrDefault(SignalKind.Connection))));
        Assert.Equal(2, journal.Intervals("shop", null).Count);
        Assert.Single(journal.Hours("shop", Start.AddHours(1)));

        _time.Advance(TimeSpan.FromDays(401));
        journal.FoldIntervals(_time.GetUtcNow());
        Assert.DoesNotContain(journal.Hours("shop", null), hour => hour.Hour < Start.AddDays(1));
    }

    [Fact]
    public void Of_too_many_the_oldest_are_folded_before_their_day_is_over()
    {
        using var journal = Open();
        for (int number = 1; number <= 10; number++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            var (from, to) = number % 2 == 1 ? (MachineState.Frozen, MachineState.Running) : (MachineState.Running, MachineState.Frozen);
            journal.ImportEvents("shop", 1, [Change(number, _time.GetUtcNow(), "web-1", from, to, null)], number);
        }

        journal.FoldIntervals(_time.GetUtcNow(), keptMax: 3);

        Assert.Equal([8, 9, 10], journal.Intervals("shop", null).Select(one => (int)(one.Begin - Start).TotalSeconds));
        Assert.Equal([(MachineState.Frozen, 3, 0), (MachineState.Running, 4, 4)], journal.Hours("shop", null).Select(hour => (hour.State, (int)(hour.WallUs / 1_000_000), hour.Wakes.Values.Sum())));
    }

    [Fact]
    public void A_journal_of_version_1_gets_intervals_and_keeps_its_events()
    {
        Open().Dispose();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.At("journal.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE intervals; DROP TABLE hours; PRAGMA user_version = 1; INSERT INTO events (application, incarnation, sequence, machine, at, body) VALUES ('shop', 1, 1, 'web-1', 'x', $body)";
            command.Parameters.AddWithValue("$body", System.Text.Json.JsonSerializer.Serialize(Change(1, Start, "web-1", MachineState.Starting, MachineState.Running, null), LaunchJson.Default.MachineEvent));
            command.ExecuteNonQuery();
        }

        using var journal = Open();
        journal.OpenIntervals("shop", 1, [Launch("web-1"), Launch("db-1")]);

        Assert.Equal([("db-1", MachineState.Imaginary), ("web-1", MachineState.Running)], journal.Intervals("shop", null).Select(one => (one.Machine, one.State)));
        Assert.Equal(1, Assert.Single(journal.Events("shop", null, null, 10)).View.Event.Sequence);
    }

    private static void AssertTiles(NodeJournal journal, Dictionary<string, DateTimeOffset> first, Dictionary<string, MachineState> states, DateTimeOffset now)
    {
        var intervals = journal.Intervals("shop", null).ToLookup(one => one.Machine);
        var hours = journal.Hours("shop", null).ToLookup(hour => hour.Machine);
        foreach (var (name, since) in first)
        {
            var own = intervals[name].ToList();
            Assert.Equal(own.Skip(1).Select(one => (DateTimeOffset?)one.Begin), own.SkipLast(1).Select(one => one.End));
            Assert.Null(own[^1].End);
            Assert.Equal(states[name], own[^1].State);
            long kept = own.Sum(one => ((one.End ?? now) - one.Begin).Ticks / TimeSpan.TicksPerMicrosecond);
            Assert.Equal((now - since).Ticks / TimeSpan.TicksPerMicrosecond, kept + hours[name].Sum(hour => hour.WallUs));
        }
    }

    private static MachineEvent Change(long sequence, DateTimeOffset at, string machine, MachineState from, MachineState to, MachineUsage? spent) => new()
    {
        Sequence = sequence,
        At = at,
        Machine = machine,
        From = from,
        To = to,
        Cause = new Signal { Kind = SignalKind.Connection },
        Spent = spent,
    };

    private static MachineLaunch Launch(string name) => new()
    {
        Name = name,
        Service = name.Split('-')[0],
        Number = 1,
        Revision = "r1",
        Hostname = name,
        Start = Model.Specs.StartMode.OnDemand,
        Program = new ProgramLaunch { Arguments = ["/bin/true"] },
        Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "/nowhere" },
    };

    private NodeJournal Open() => NodeJournal.Open(_folder.At("journal.db"), _time);
}
