namespace Figment.Box.Health;

/// <param name="ExitCode">Null: it did not end in time, or could not be executed.</param>
/// <param name="Output">What it wrote, its beginning.</param>
internal sealed record CommandResult(int? ExitCode, string Output);
