using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;
using Figment.Node.Telemetry;

namespace Figment.Node.Journal;

/// <content>Sums over intervals, for whoever asks every few seconds.</content>
public sealed partial class NodeJournal
{
    private const string Sums = "SUM(processor_us), SUM(memory_kib_ms), SUM(received_bytes), SUM(sent_bytes)";

    /// <summary>Sums of the folded hours, which are many and change only when something is folded; null: to be read anew.</summary>
    private List<MachineTotal>? _hourTotals;

    private List<(string Application, string Machine, long Count)>? _hourWakes;

    /// <summary>What each machine spent in each state, in intervals that have ended and in folded hours; and the intervals that go on. One moment's answer.</summary>
    public (IReadOnlyList<MachineTotal> Ended, IReadOnlyList<(string Application, MachineInterval Interval)> Open) Totals()
    {
        lock (_lock)
        {
            _hourTotals ??= ReadTotals($"SELECT application, machine, service, state, SUM(wall_us), {Sums} FROM hours GROUP BY application, machine, service, state");
            var ended = ReadTotals($"SELECT application, machine, service, state, SUM(end_us - begin_us), {Sums} FROM intervals WHERE end_us IS NOT NULL GROUP BY application, machine, service, state");
            using var command = Command($"SELECT {IntervalColumns}, application FROM intervals WHERE end_us IS NULL ORDER BY application, machine");
            using var reader = command.ExecuteReader();
            var open = new List<(string, MachineInterval)>();
            while (reader.Read())
            {
                open.Add((reader.GetString(12), ReadInterval(reader)));
            }

            return ([.. _hourTotals, .. ended], open);
        }
    }

    /// <summary>How often machines woke; those that never did are not in it.</summary>
    /// <param name="application">Null: of all applications.</param>
    public IReadOnlyList<MachineWakes> Wakes(string? application)
    {
        lock (_lock)
        {
            _hourWakes ??= ReadHourWakes();
            using var command = Command(
                """
                SELECT application, machine, COUNT(*), cause, MAX(begin_us) FROM intervals
                WHERE is_wake = 1 AND ($application IS NULL OR application = $application) GROUP BY application, machine
                """,
                ("$application", application));
            using var reader = command.ExecuteReader();
            var wakes = new Dictionary<(string, string), MachineWakes>();
            while (reader.Read())
            {
                var one = new MachineWakes(
                    reader.GetString(0),
                    reader.GetString(1),
                    reader.GetInt64(2),
                    reader.IsDBNull(3) ? null : Enum.Parse<SignalKind>(reader.GetString(3)),
                    Moment(reader.GetInt64(4)));
                wakes[(one.Application, one.Machine)] = one;
            }

            foreach (var (owner, machine, count) in _hourWakes.Where(hour => application is null || hour.Application == application))
            {
                var known = wakes.GetValueOrDefault((owner, machine)) ?? new MachineWakes(owner, machine, 0, LastCause: null, LastAt: null);
                wakes[(owner, machine)] = known with { Count = known.Count + count };
            }

            return [.. wakes.Values];
        }
    }

    private List<(string Application, string Machine, long Count)> ReadHourWakes()
    {
        using var command = Command("SELECT application, machine, SUM(cause.value) FROM hours, json_each(hours.wakes) AS cause GROUP BY application, machine");
        using var reader = command.ExecuteReader();
        var wakes = new List<(string, string, long)>();
        while (reader.Read())
        {
            wakes.Add((reader.GetString(0), reader.GetString(1), reader.GetInt64(2)));
        }

        return wakes;
    }

    private List<MachineTotal> ReadTotals(string sql)
    {
        using var command = Command(sql);
        using var reader = command.ExecuteReader();
        var totals = new List<MachineTotal>();
        while (reader.Read())
        {
            totals.Add(new MachineTotal
            {
                Application = reader.GetString(0),
                Machine = reader.GetString(1),
                Service = reader.GetString(2),
                State = Enum.Parse<MachineState>(reader.GetString(3)),
                WallUs = reader.GetInt64(4),
                Usage = ReadUsage(reader, 5),
            });
        }

        return totals;
    }
}
