namespace Figment.Node.Journal;

public sealed partial class NodeJournal
{
    /// <summary>Null: nobody ever had it.</summary>
    public Assignment? FindAssignment(string subject)
    {
        lock (_lock)
        {
            using var command = Command("SELECT node, epoch FROM assignments WHERE subject = $subject", ("$subject", subject));
            using var reader = command.ExecuteReader();
            return reader.Read() ? new Assignment(reader.GetString(0), reader.GetInt64(1)) : null;
        }
    }

    /// <summary>Gives the subject to a node under the next epoch, if its epoch is still the one expected (0: never assigned). Null: somebody else was first. Epochs only grow, also over <c>down</c>.</summary>
    public Assignment? TryAssign(string subject, string node, long expectedEpoch)
    {
        lock (_lock)
        {
            using var command = expectedEpoch == 0
                ? Command("INSERT OR IGNORE INTO assignments VALUES ($subject, $node, 1)", ("$subject", subject), ("$node", node))
                : Command(
                    "UPDATE assignments SET node = $node, epoch = epoch + 1 WHERE subject = $subject AND epoch = $expected",
                    ("$subject", subject),
                    ("$node", node),
                    ("$expected", expectedEpoch));
            return command.ExecuteNonQuery() == 1 ? new Assignment(node, expectedEpoch + 1) : null;
        }
    }
}
