using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Figment.Node.Journal;

/// <summary>
/// What the node was asked for and what it did: SQLite in WAL mode. Every commit is synced to the disk (<c>synchronous=FULL</c>): a step is recorded before its effect, and an application that was
/// promised must come up again after a power cut. One connection, guarded by a lock: commands take about a millisecond and none is on the path from a connection to a program.
/// The parts of this class are by subject, a file each.
/// </summary>
public sealed partial class NodeJournal : IDisposable
{
    private const int SchemaVersion = 2;

    /// <summary>Another process has no business in the file; the wait covers a backup that reads it.</summary>
    private const int BusyTimeoutMs = 5_000;

    private static readonly string Schema = $"""
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE applications (
            name TEXT PRIMARY KEY,
            epoch INTEGER NOT NULL,
            incarnation INTEGER NOT NULL,
            wanted TEXT NOT NULL,
            tag TEXT NOT NULL UNIQUE,
            spec TEXT NOT NULL,
            boot TEXT NOT NULL,
            changed TEXT NOT NULL) STRICT;
        CREATE TABLE incarnations (application TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT;
        CREATE TABLE allocations (
            application TEXT NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (application, kind, key)) STRICT;
        CREATE TABLE assignments (subject TEXT PRIMARY KEY, node TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT;
        CREATE TABLE steps (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            operation TEXT NOT NULL,
            application TEXT NOT NULL,
            step TEXT NOT NULL,
            phase TEXT NOT NULL,
            at TEXT NOT NULL,
            detail TEXT) STRICT;
        CREATE INDEX steps_by_application ON steps (application, id);
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            application TEXT NOT NULL,
            incarnation INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            machine TEXT NOT NULL,
            at TEXT NOT NULL,
            body TEXT NOT NULL,
            UNIQUE (application, incarnation, sequence)) STRICT;
        CREATE INDEX events_by_machine ON events (application, machine, id);
        CREATE TABLE ledgers (
            application TEXT NOT NULL,
            incarnation INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            PRIMARY KEY (application, incarnation)) STRICT;
        CREATE TABLE grains (
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            etag INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (kind, key)) STRICT;
        {IntervalSchema}
        PRAGMA user_version = {SchemaVersion};
        """;

    /// <summary>What version 2 added. Moments are microseconds since 1970.</summary>
    private const string IntervalSchema = """
        CREATE TABLE intervals (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            application TEXT NOT NULL,
            machine TEXT NOT NULL,
            service TEXT NOT NULL,
            state TEXT NOT NULL,
            begin_us INTEGER NOT NULL,
            end_us INTEGER,
            cause TEXT,
            is_wake INTEGER NOT NULL,
            is_measured INTEGER NOT NULL DEFAULT 0,
            processor_us INTEGER NOT NULL DEFAULT 0,
            memory_kib_ms INTEGER NOT NULL DEFAULT 0,
            received_bytes INTEGER NOT NULL DEFAULT 0,
            sent_bytes INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE UNIQUE INDEX intervals_open ON intervals (application, machine) WHERE end_us IS NULL;
        CREATE INDEX intervals_by_end ON intervals (end_us);
        CREATE INDEX intervals_by_application ON intervals (application, id);
        CREATE TABLE hours (
            application TEXT NOT NULL,
            machine TEXT NOT NULL,
            service TEXT NOT NULL,
            state TEXT NOT NULL,
            hour_us INTEGER NOT NULL,
            wall_us INTEGER NOT NULL,
            begun INTEGER NOT NULL,
            processor_us INTEGER NOT NULL,
            memory_kib_ms INTEGER NOT NULL,
            received_bytes INTEGER NOT NULL,
            sent_bytes INTEGER NOT NULL,
            wakes TEXT NOT NULL,
            PRIMARY KEY (application, machine, state, hour_us)) STRICT, WITHOUT ROWID;
        CREATE INDEX hours_by_hour ON hours (hour_us);
        """;

    private readonly SqliteConnection _connection;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();

    private NodeJournal(SqliteConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
    }

    /// <summary>Opens the journal, making it if it is missing.</summary>
    /// <exception cref="Errors.NodeException">The file is of a newer figmentd, or no journal.</exception>
    public static NodeJournal Open(string path, TimeProvider time)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {BusyTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            long version = Scalar(connection, "PRAGMA user_version") is long number ? number : 0;
            if (version > SchemaVersion)
            {
                throw new Errors.NodeException(Api.Contract.ErrorCode.Failed, $"{path} has schema {version}, this figmentd knows up to {SchemaVersion}", "install the newer figmentd again, or set FIGMENT_STATE_DIR to another folder");
            }

            if (version == 0)
            {
                using var transaction = connection.BeginTransaction();
                Execute(connection, Schema);
                transaction.Commit();
            }
            else if (version < SchemaVersion)
            {
                using var transaction = connection.BeginTransaction();
                Execute(connection, $"{IntervalSchema} PRAGMA user_version = {SchemaVersion};");
                transaction.Commit();
            }

            // The journal holds environment variables of services: nobody but root reads them.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return new NodeJournal(connection, time);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw new Errors.NodeException(Api.Contract.ErrorCode.Failed, $"{path} cannot be opened as a journal: {exception.Message}", "move the file away; applications then have to be brought up again", exception);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A value that the node keeps for itself; null if it was never set.</summary>
    public string? GetMeta(string key)
    {
        lock (_lock)
        {
            using var command = Command("SELECT value FROM meta WHERE key = $key", ("$key", key));
            return command.ExecuteScalar() as string;
        }
    }

    public void SetMeta(string key, string value)
    {
        lock (_lock)
        {
            using var command = Command("INSERT INTO meta VALUES ($key, $value) ON CONFLICT (key) DO UPDATE SET value = $value", ("$key", key), ("$value", value));
            command.ExecuteNonQuery();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _connection.Dispose();
        }
    }

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    private void InTransaction(Action body)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            body();
            transaction.Commit();
        }
    }
}
