using System.Text.Json;
using Figment.Model.Specs;
using Microsoft.Data.Sqlite;

namespace Figment.Node.Journal;

public sealed partial class NodeJournal
{
    private const string ApplicationColumns = "name, epoch, incarnation, wanted, tag, spec, boot";

    public IReadOnlyList<ApplicationRecord> Applications()
    {
        lock (_lock)
        {
            using var command = Command($"SELECT {ApplicationColumns} FROM applications ORDER BY name");
            return Read(command);
        }
    }

    public ApplicationRecord? Application(string name)
    {
        lock (_lock)
        {
            using var command = Command($"SELECT {ApplicationColumns} FROM applications WHERE name = $name", ("$name", name));
            return Read(command).SingleOrDefault();
        }
    }

    /// <summary>The number of the next ledger of that application; it is never given twice.</summary>
    public long NextIncarnation(string application)
    {
        lock (_lock)
        {
            CloseLostIntervals(application);
            using var command = Command(
                "INSERT INTO incarnations VALUES ($name, 1) ON CONFLICT (application) DO UPDATE SET last = last + 1 RETURNING last",
                ("$name", application));
            return (long)command.ExecuteScalar()!;
        }
    }

    /// <summary>Writes the record and exactly these allocations, in one transaction. An older epoch than the one written is refused.</summary>
    public void PutApplication(ApplicationRecord record, IReadOnlyList<Allocation> allocations) => InTransaction(() =>
    {
        var spec = WithoutSecrets(record.Spec);
        using var command = Command(
            """
            INSERT INTO applications (name, epoch, incarnation, wanted, tag, spec, boot, changed) VALUES ($name, $epoch, $incarnation, $wanted, $tag, $spec, $boot, $changed)
            ON CONFLICT (name) DO UPDATE SET epoch = $epoch, incarnation = $incarnation, wanted = $wanted, tag = $tag, spec = $spec, boot = $boot, changed = $changed
            WHERE epoch <= $epoch
            """,
            ("$name", record.Name),
            ("$epoch", record.Epoch),
            ("$incarnation", record.Incarnation),
            ("$wanted", record.Wanted.ToString()),
            ("$tag", record.Tag),
            ("$spec", JsonSerializer.Serialize(spec, NodeJson.Default.ApplicationSpec)),
            ("$boot", record.Boot),
            ("$changed", Stamp(_time.GetUtcNow())));
        if (command.ExecuteNonQuery() == 0)
        {
            throw new Errors.NodeException(Api.Contract.ErrorCode.Conflict, $"application {record.Name} has moved on: epoch {record.Epoch} is older than the journal's");
        }

        ReplaceAllocations(record.Name, allocations);
    });

    public void SetWanted(string application, WantedState wanted)
    {
        lock (_lock)
        {
            using var command = Command("UPDATE applications SET wanted = $wanted WHERE name = $name", ("$name", application), ("$wanted", wanted.ToString()));
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Forgets the application and gives back what it held; its events and intervals stay, the open ones end.</summary>
    public void ForgetApplication(string application) => InTransaction(() =>
    {
        foreach (string table in (string[])["applications WHERE name", "allocations WHERE application", "ledgers WHERE application"])
        {
            using var command = Command($"DELETE FROM {table} = $name", ("$name", application));
            command.ExecuteNonQuery();
        }

        CloseIntervals(application, but: [], _time.GetUtcNow());
    });

    public IReadOnlyDictionary<string, IReadOnlyList<Allocation>> Allocations()
    {
        lock (_lock)
        {
            using var command = Command("SELECT application, kind, key, value FROM allocations ORDER BY application, kind, key");
            using var reader = command.ExecuteReader();
            var all = new Dictionary<string, IReadOnlyList<Allocation>>();
            while (reader.Read())
            {
                string application = reader.GetString(0);
                if (!all.TryGetValue(application, out var list))
                {
                    all[application] = list = new List<Allocation>();
                }

                ((List<Allocation>)list).Add(new Allocation(Enum.Parse<AllocationKind>(reader.GetString(1)), reader.GetString(2), reader.GetString(3)));
            }

            return all;
        }
    }

    private static ApplicationSpec WithoutSecrets(ApplicationSpec spec) =>
        spec with { Secrets = [.. spec.Secrets.Select(secret => secret with { Content = null })] };

    private static List<ApplicationRecord> Read(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        var records = new List<ApplicationRecord>();
        while (reader.Read())
        {
            records.Add(new ApplicationRecord
            {
                Name = reader.GetString(0),
                Epoch = reader.GetInt64(1),
                Incarnation = reader.GetInt64(2),
                Wanted = Enum.Parse<WantedState>(reader.GetString(3)),
                Tag = reader.GetString(4),
                Spec = JsonSerializer.Deserialize(reader.GetString(5), NodeJson.Default.ApplicationSpec)!,
                Boot = reader.GetString(6),
            });
        }

        return records;
    }

    private void ReplaceAllocations(string application, IReadOnlyList<Allocation> allocations)
    {
        using var delete = Command("DELETE FROM allocations WHERE application = $name", ("$name", application));
        delete.ExecuteNonQuery();
        foreach (var allocation in allocations)
        {
            using var insert = Command(
                "INSERT INTO allocations VALUES ($application, $kind, $key, $value)",
                ("$application", application),
                ("$kind", allocation.Kind.ToString()),
                ("$key", allocation.Key),
                ("$value", allocation.Value));
            insert.ExecuteNonQuery();
        }
    }
}
