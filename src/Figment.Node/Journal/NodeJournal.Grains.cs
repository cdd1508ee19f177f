namespace Figment.Node.Journal;

public sealed partial class NodeJournal
{
    /// <summary>A grain's state with its ETag.</summary>
    public (long ETag, byte[] Body)? ReadGrain(string kind, string key)
    {
        lock (_lock)
        {
            using var command = Command("SELECT etag, body FROM grains WHERE kind = $kind AND key = $key", ("$kind", kind), ("$key", key));
            using var reader = command.ExecuteReader();
            return reader.Read() ? (reader.GetInt64(0), (byte[])reader[1]) : null;
        }
    }

    /// <summary>Writes if the ETag is still the one expected (null: there is none yet). Returns the new one, or null if it is not.</summary>
    public long? WriteGrain(string kind, string key, long? expected, byte[] body)
    {
        lock (_lock)
        {
            using var command = expected is null
                ? Command("INSERT OR IGNORE INTO grains VALUES ($kind, $key, 1, $body)", ("$kind", kind), ("$key", key), ("$body", body))
                : Command(
                    "UPDATE grains SET etag = etag + 1, body = $body WHERE kind = $kind AND key = $key AND etag = $expected",
                    ("$kind", kind),
                    ("$key", key),
                    ("$body", body),
                    ("$expected", expected));
            return command.ExecuteNonQuery() == 1 ? (expected ?? 0) + 1 : null;
        }
    }

    /// <summary>Removes if the ETag is still the one expected.</summary>
    public bool ClearGrain(string kind, string key, long expected)
    {
        lock (_lock)
        {
            using var command = Command("DELETE FROM grains WHERE kind = $kind AND key = $key AND etag = $expected", ("$kind", kind), ("$key", key), ("$expected", expected));
            return command.ExecuteNonQuery() == 1;
        }
    }
}
