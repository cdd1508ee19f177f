namespace Figment.Node.Journal;

public sealed partial class NodeJournal
{
    /// <summary>Records of one application that are kept: about a hundred operations, enough to explain a fault.</summary>
    private const int StepsKept = 2_000;

    public void RecordStep(string operation, string application, string step, StepPhase phase, string? detail = null)
    {
        lock (_lock)
        {
            using var command = Command(
                "INSERT INTO steps (operation, application, step, phase, at, detail) VALUES ($operation, $application, $step, $phase, $at, $detail)",
                ("$operation", operation),
                ("$application", application),
                ("$step", step),
                ("$phase", phase.ToString()),
                ("$at", Stamp(_time.GetUtcNow())),
                ("$detail", detail));
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<StepRecord> Steps(string application)
    {
        lock (_lock)
        {
            using var command = Command("SELECT id, operation, application, step, phase, detail FROM steps WHERE application = $name ORDER BY id", ("$name", application));
            using var reader = command.ExecuteReader();
            var steps = new List<StepRecord>();
            while (reader.Read())
            {
                steps.Add(new StepRecord(
                    reader.GetInt64(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    Enum.Parse<StepPhase>(reader.GetString(4)),
                    reader.IsDBNull(5) ? null : reader.GetString(5)));
            }

            return steps;
        }
    }

    /// <summary>Drops the oldest records past what is kept.</summary>
    public void TrimSteps(string application)
    {
        lock (_lock)
        {
            using var command = Command(
                "DELETE FROM steps WHERE application = $name AND id <= (SELECT id FROM steps WHERE application = $name ORDER BY id DESC LIMIT 1 OFFSET $kept)",
                ("$name", application),
                ("$kept", StepsKept));
            command.ExecuteNonQuery();
        }
    }
}
