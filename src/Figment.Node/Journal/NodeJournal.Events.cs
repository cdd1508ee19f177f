using System.Text.Json;
using Figment.Api.Contract;
using Figment.Machines.Intervals;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Microsoft.Data.Sqlite;

namespace Figment.Node.Journal;

public sealed partial class NodeJournal
{
    /// <summary>Events of one application that are kept: at about 400 bytes each, 40 MB.</summary>
    private const int EventsKept = 100_000;

    /// <summary>The oldest are dropped each time that so many have come.</summary>
    private const int TrimEach = 1_000;

    /// <summary>How far into the ledger of that incarnation events were taken in.</summary>
    public long LedgerOffset(string application, long incarnation)
    {
        lock (_lock)
        {
            using var command = Command("SELECT offset FROM ledgers WHERE application = $name AND incarnation = $incarnation", ("$name", application), ("$incarnation", incarnation));
            return command.ExecuteScalar() is long offset ? offset : 0;
        }
    }

    /// <summary>Takes in events and moves the offset, in one transaction: each event once, whatever is killed when, and though a ledger repeats some. Returns those that were new.</summary>
    public IReadOnlyList<JournalEvent> ImportEvents(string application, long incarnation, IReadOnlyList<MachineEvent> events, long offset)
    {
        var added = new List<JournalEvent>();
        InTransaction(() =>
        {
            using var newest = Command("SELECT MAX(sequence) FROM events WHERE application = $name AND incarnation = $incarnation", ("$name", application), ("$incarnation", incarnation));
            long known = newest.ExecuteScalar() is long number ? number : 0;
            long last = known;
            foreach (var machineEvent in events.Where(one => one.Sequence > known))
            {
                using var insert = Command(
                    "INSERT OR IGNORE INTO events (application, incarnation, sequence, machine, at, body) VALUES ($application, $incarnation, $sequence, $machine, $at, $body) RETURNING id",
                    ("$application", application),
                    ("$incarnation", incarnation),
                    ("$sequence", machineEvent.Sequence),
                    ("$machine", machineEvent.Machine),
                    ("$at", Stamp(machineEvent.At)),
                    ("$body", JsonSerializer.Serialize(machineEvent, LaunchJson.Default.MachineEvent)));
                if (insert.ExecuteScalar() is long id)
                {
                    added.Add(new JournalEvent(id, new EventView { Application = application, Event = machineEvent }));
                    last = machineEvent.Sequence;
                    AdvanceIntervals(application, machineEvent);
                }
            }

            if (last / TrimEach > known / TrimEach)
            {
                TrimEvents(application);
            }

            var now = _time.GetUtcNow();
            if (last / TrimEach > known / TrimEach || (added.Count > 0 && Slices.HourOf(now) != _foldedHour))
            {
                Fold(now);
            }

            using var move = Command(
                "INSERT INTO ledgers VALUES ($application, $incarnation, $offset) ON CONFLICT (application, incarnation) DO UPDATE SET offset = $offset",
                ("$application", application),
                ("$incarnation", incarnation),
                ("$offset", offset));
            move.ExecuteNonQuery();
        });
        return added;
    }

    /// <summary>The newest <paramref name="limit"/> events, newest last.</summary>
    public IReadOnlyList<JournalEvent> Events(string? application, string? machine, DateTimeOffset? since, int limit)
    {
        lock (_lock)
        {
            using var command = Command(
                """
                SELECT id, application, body FROM (
                    SELECT id, application, body FROM events
                    WHERE ($application IS NULL OR application = $application) AND ($machine IS NULL OR machine = $machine) AND ($since IS NULL OR at >= $since)
                    ORDER BY id DESC LIMIT $limit)
                ORDER BY id
                """,
                ("$application", application),
                ("$machine", machine),
                ("$since", since is { } from ? Stamp(from) : null),
                ("$limit", limit));
            return ReadEvents(command);
        }
    }

    /// <summary>The next <paramref name="limit"/> events of those since a moment, after one that was read before; oldest first.</summary>
    public IReadOnlyList<JournalEvent> EventsAfter(string? application, DateTimeOffset since, long after, int limit)
    {
        lock (_lock)
        {
            using var command = Command(
                "SELECT id, application, body FROM events WHERE id > $after AND ($application IS NULL OR application = $application) AND at >= $since ORDER BY id LIMIT $limit",
                ("$after", after),
                ("$application", application),
                ("$since", Stamp(since)),
                ("$limit", limit));
            return ReadEvents(command);
        }
    }

    /// <summary>The newest event before another by which a machine woke; null: none that is kept.</summary>
    public JournalEvent? LastWake(string application, string machine, long beforeId)
    {
        lock (_lock)
        {
            using var command = Command(
                "SELECT id, body FROM events WHERE application = $application AND machine = $machine AND id < $before ORDER BY id DESC",
                ("$application", application),
                ("$machine", machine),
                ("$before", beforeId));
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                var machineEvent = JsonSerializer.Deserialize(reader.GetString(1), LaunchJson.Default.MachineEvent)!;
                if (MachineInterval.Wakes(machineEvent.From, machineEvent.To))
                {
                    return new JournalEvent(reader.GetInt64(0), new EventView { Application = application, Event = machineEvent });
                }
            }

            return null;
        }
    }

    private static List<JournalEvent> ReadEvents(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        var views = new List<JournalEvent>();
        while (reader.Read())
        {
            views.Add(new JournalEvent(reader.GetInt64(0), new EventView
            {
                Application = reader.GetString(1),
                Event = JsonSerializer.Deserialize(reader.GetString(2), LaunchJson.Default.MachineEvent)!,
            }));
        }

        return views;
    }

    /// <summary>Drops the oldest events past what is kept.</summary>
    public void TrimEvents(string application)
    {
        lock (_lock)
        {
            using var command = Command(
                "DELETE FROM events WHERE application = $name AND id <= (SELECT id FROM events WHERE application = $name ORDER BY id DESC LIMIT 1 OFFSET $kept)",
                ("$name", application),
                ("$kept", EventsKept));
            command.ExecuteNonQuery();
        }
    }
}
