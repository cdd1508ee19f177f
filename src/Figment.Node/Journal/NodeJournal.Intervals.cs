using System.Collections.Immutable;
using System.Text.Json;
using Figment.Machines.Intervals;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;
using Microsoft.Data.Sqlite;

namespace Figment.Node.Journal;

/// <content>The intervals that machines' events delimit: each for a day, then folded by the hour.</content>
public sealed partial class NodeJournal
{
    private const string IntervalColumns = "machine, service, state, begin_us, end_us, cause, is_wake, is_measured, processor_us, memory_kib_ms, received_bytes, sent_bytes";
    private const string HourColumns = "machine, service, state, hour_us, wall_us, begun, processor_us, memory_kib_ms, received_bytes, sent_bytes, wakes";

    /// <summary>Folded in one transaction at most: about a second's work.</summary>
    private const int FoldedAtOnceMax = 20_000;

    /// <summary>Of all applications together, some 20 MB: a machine that freezes and wakes ten times a second would fill the disk within its day.</summary>
    private const int IntervalsMax = 100_000;

    /// <summary>A day back, what happened is told machine by machine and wake by wake.</summary>
    private static readonly TimeSpan IntervalsKept = TimeSpan.FromHours(24);

    /// <summary>A year with a month to look back at it. At most 9 states an hour and machine, in practice three: 3 MB a year and machine.</summary>
    private static readonly TimeSpan HoursKept = TimeSpan.FromDays(400);

    private DateTimeOffset _foldedHour;

    /// <summary>These machines exist from now on: those without an interval get one, in the state that their last event says, else as imaginary.</summary>
    public void OpenIntervals(string application, long incarnation, IReadOnlyList<MachineLaunch> machines) => InTransaction(() =>
    {
        foreach (var machine in machines)
        {
            using var find = Command("SELECT 1 FROM intervals WHERE application = $application AND machine = $machine AND end_us IS NULL", ("$application", application), ("$machine", machine.Name));
            if (find.ExecuteScalar() is not null)
            {
                continue;
            }

            using var newest = Command(
                "SELECT body FROM events WHERE application = $application AND incarnation = $incarnation AND machine = $machine ORDER BY id DESC LIMIT 1",
                ("$application", application),
                ("$incarnation", incarnation),
                ("$machine", machine.Name));
            var last = newest.ExecuteScalar() is string body ? JsonSerializer.Deserialize(body, LaunchJson.Default.MachineEvent) : null;
            Open(application, machine.Name, machine.Service, last?.To ?? MachineState.Imaginary, Us(last?.At ?? _time.GetUtcNow()), last?.Cause.Kind, isWake: false);
        }
    });

    /// <summary>Only these machines exist from now on.</summary>
    public void CloseIntervalsBut(string application, IReadOnlyList<MachineLaunch> machines) =>
        InTransaction(() => CloseIntervals(application, [.. machines.Select(machine => machine.Name)], _time.GetUtcNow()));

    /// <summary>Intervals that are not folded yet, of those that do not end before a moment; by machine, oldest first.</summary>
    public IReadOnlyList<MachineInterval> Intervals(string application, DateTimeOffset? since)
    {
        lock (_lock)
        {
            using var command = Command(
                $"SELECT {IntervalColumns} FROM intervals WHERE application = $application AND ($since IS NULL OR end_us IS NULL OR end_us > $since) ORDER BY machine, begin_us, id",
                ("$application", application),
                ("$since", since is { } moment ? Us(moment) : null));
            using var reader = command.ExecuteReader();
            var intervals = new List<MachineInterval>();
            while (reader.Read())
            {
                intervals.Add(ReadInterval(reader));
            }

            return intervals;
        }
    }

    /// <summary>Folded hours, of those that do not end before a moment; by machine, oldest first.</summary>
    public IReadOnlyList<MachineHour> Hours(string application, DateTimeOffset? since)
    {
        lock (_lock)
        {
            using var command = Command(
                $"SELECT {HourColumns} FROM hours WHERE application = $application AND ($since IS NULL OR hour_us >= $since) ORDER BY machine, hour_us, state",
                ("$application", application),
                ("$since", since is { } moment ? Us(Slices.HourOf(moment)) : null));
            using var reader = command.ExecuteReader();
            var hours = new List<MachineHour>();
            while (reader.Read())
            {
                hours.Add(ReadHour(reader));
            }

            return hours;
        }
    }

    /// <summary>Folds what ended more than a day before, and what there is too much of, and drops hours that are too old. Repeating it changes nothing.</summary>
    public void FoldIntervals(DateTimeOffset now, int keptMax = IntervalsMax) => InTransaction(() => Fold(now, keptMax));

    private static long Us(DateTimeOffset moment) => (moment.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset Moment(long us) => DateTimeOffset.UnixEpoch.AddTicks(us * TimeSpan.TicksPerMicrosecond);

    /// <summary>Of a machine that nobody announced: <c>web</c> for <c>web-2</c>, <c>web-run-1</c> and <c>web-clone-1</c>.</summary>
    internal static string ServiceOf(string machine)
    {
        int dash = machine.LastIndexOf('-');
        string service = dash > 0 ? machine[..dash] : machine;
        string? oneOff = ((string[])["-run", "-clone"]).FirstOrDefault(suffix => service.Length > suffix.Length && service.EndsWith(suffix, StringComparison.Ordinal));
        return oneOff is null ? service : service[..^oneOff.Length];
    }

    private static MachineInterval ReadInterval(SqliteDataReader reader) => new()
    {
        Machine = reader.GetString(0),
        Service = reader.GetString(1),
        State = Enum.Parse<MachineState>(reader.GetString(2)),
        Begin = Moment(reader.GetInt64(3)),
        End = reader.IsDBNull(4) ? null : Moment(reader.GetInt64(4)),
        Cause = reader.IsDBNull(5) ? null : Enum.Parse<SignalKind>(reader.GetString(5)),
        IsWake = reader.GetInt64(6) != 0,
        Usage = reader.GetInt64(7) != 0 ? ReadUsage(reader, 8) : null,
    };

    private static MachineHour ReadHour(SqliteDataReader reader) => new()
    {
        Machine = reader.GetString(0),
        Service = reader.GetString(1),
        State = Enum.Parse<MachineState>(reader.GetString(2)),
        Hour = Moment(reader.GetInt64(3)),
        WallUs = reader.GetInt64(4),
        Begun = reader.GetInt32(5),
        Usage = ReadUsage(reader, 6),
        Wakes = JsonSerializer.Deserialize(reader.GetString(10), NodeJson.Default.IReadOnlyDictionarySignalKindInt32)!.ToImmutableSortedDictionary(),
    };

    private static MachineUsage ReadUsage(SqliteDataReader reader, int from) => new()
    {
        ProcessorUs = reader.GetInt64(from),
        MemoryKibMs = reader.GetInt64(from + 1),
        NetworkReceivedBytes = reader.GetInt64(from + 2),
        NetworkSentBytes = reader.GetInt64(from + 3),
    };

    /// <summary>In the transaction that takes the event in: the interval that it ends gets what was used in it, and the next one begins at the same microsecond.</summary>
    private void AdvanceIntervals(string application, MachineEvent change)
    {
        long at = Us(change.At);
        using var find = Command("SELECT id, begin_us, service FROM intervals WHERE application = $application AND machine = $machine AND end_us IS NULL", ("$application", application), ("$machine", change.Machine));
        string? service = null;
        long? open = null;
        using (var reader = find.ExecuteReader())
        {
            if (reader.Read())
            {
                // A clock that was set back makes no interval of negative length.
                (open, at, service) = (reader.GetInt64(0), Math.Max(at, reader.GetInt64(1)), reader.GetString(2));
            }
        }

        if (open is { } id)
        {
            Close(id, at, change.Spent);
        }

        Open(application, change.Machine, service ?? ServiceOf(change.Machine), change.To, at, change.Cause.Kind, MachineInterval.Wakes(change.From, change.To));
    }

    private void Open(string application, string machine, string service, MachineState state, long at, SignalKind? cause, bool isWake)
    {
        using var insert = Command(
            "INSERT INTO intervals (application, machine, service, state, begin_us, cause, is_wake) VALUES ($application, $machine, $service, $state, $begin, $cause, $wake)",
            ("$application", application),
            ("$machine", machine),
            ("$service", service),
            ("$state", state.ToString()),
            ("$begin", at),
            ("$cause", cause?.ToString()),
            ("$wake", isWake ? 1 : 0));
        insert.ExecuteNonQuery();
    }

    private void Close(long id, long at, MachineUsage? usage)
    {
        using var close = Command(
            """
            UPDATE intervals SET end_us = $end, is_measured = $measured, processor_us = $processor, memory_kib_ms = $memory, received_bytes = $received, sent_bytes = $sent
            WHERE id = $id
            """,
            ("$id", id),
            ("$end", at),
            ("$measured", usage is null ? 0 : 1),
            ("$processor", usage?.ProcessorUs ?? 0),
            ("$memory", usage?.MemoryKibMs ?? 0),
            ("$received", usage?.NetworkReceivedBytes ?? 0),
            ("$sent", usage?.NetworkSentBytes ?? 0));
        close.ExecuteNonQuery();
    }

    private void CloseIntervals(string application, HashSet<string> but, DateTimeOffset at)
    {
        var ended = new List<(long Id, long Begin)>();
        using (var find = Command("SELECT id, begin_us, machine FROM intervals WHERE application = $application AND end_us IS NULL", ("$application", application)))
        using (var reader = find.ExecuteReader())
        {
            while (reader.Read())
            {
                if (!but.Contains(reader.GetString(2)))
                {
                    ended.Add((reader.GetInt64(0), reader.GetInt64(1)));
                }
            }
        }

        foreach (var (id, begin) in ended)
        {
            Close(id, Math.Max(Us(at), begin), usage: null);
        }
    }

    /// <summary>The node went down with them, nobody knows when: they end with the last that was heard of their application.</summary>
    private void CloseLostIntervals(string application)
    {
        using var newest = Command("SELECT MAX(begin_us) FROM intervals WHERE application = $application", ("$application", application));
        if (newest.ExecuteScalar() is long at)
        {
            CloseIntervals(application, but: [], Moment(at));
        }
    }

    /// <summary>Within a transaction.</summary>
    private void Fold(DateTimeOffset now, int keptMax = IntervalsMax)
    {
        foreach (var (id, application, interval) in Foldable(now - IntervalsKept, keptMax))
        {
            foreach (var hour in Slices.Hours(interval))
            {
                AddHour(application, hour);
            }

            using var delete = Command("DELETE FROM intervals WHERE id = $id", ("$id", id));
            delete.ExecuteNonQuery();
        }

        using var drop = Command("DELETE FROM hours WHERE hour_us < $oldest", ("$oldest", Us(now - HoursKept)));
        drop.ExecuteNonQuery();
        _foldedHour = Slices.HourOf(now);
        _hourTotals = null;
        _hourWakes = null;
    }

    private List<(long Id, string Application, MachineInterval Interval)> Foldable(DateTimeOffset before, int keptMax)
    {
        using var command = Command(
            $"""
            SELECT {IntervalColumns}, id, application FROM intervals
            WHERE end_us < $before OR (end_us IS NOT NULL AND id <= (SELECT id FROM intervals ORDER BY id DESC LIMIT 1 OFFSET $max))
            ORDER BY end_us LIMIT $limit
            """,
            ("$before", Us(Slices.HourOf(before))),
            ("$max", keptMax),
            ("$limit", FoldedAtOnceMax));
        using var reader = command.ExecuteReader();
        var found = new List<(long, string, MachineInterval)>();
        while (reader.Read())
        {
            found.Add((reader.GetInt64(12), reader.GetString(13), ReadInterval(reader)));
        }

        return found;
    }

    private void AddHour(string application, MachineHour more)
    {
        (string, object?)[] key = [("$application", application), ("$machine", more.Machine), ("$state", more.State.ToString()), ("$hour", Us(more.Hour))];
        MachineHour? before = null;
        using (var find = Command($"SELECT {HourColumns} FROM hours WHERE application = $application AND machine = $machine AND state = $state AND hour_us = $hour", key))
        using (var reader = find.ExecuteReader())
        {
            before = reader.Read() ? ReadHour(reader) : null;
        }

        var hour = before?.With(more) ?? more;
        using var put = Command(
            """
            INSERT OR REPLACE INTO hours (application, machine, service, state, hour_us, wall_us, begun, processor_us, memory_kib_ms, received_bytes, sent_bytes, wakes)
            VALUES ($application, $machine, $service, $state, $hour, $wall, $begun, $processor, $memory, $received, $sent, $wakes)
            """,
            [
                .. key,
                ("$service", hour.Service),
                ("$wall", hour.WallUs),
                ("$begun", hour.Begun),
                ("$processor", hour.Usage.ProcessorUs),
                ("$memory", hour.Usage.MemoryKibMs),
                ("$received", hour.Usage.NetworkReceivedBytes),
                ("$sent", hour.Usage.NetworkSentBytes),
                ("$wakes", JsonSerializer.Serialize(hour.Wakes, NodeJson.Default.IReadOnlyDictionarySignalKindInt32)),
            ]);
        put.ExecuteNonQuery();
    }
}
