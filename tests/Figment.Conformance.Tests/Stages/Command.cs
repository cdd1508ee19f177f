using System.Diagnostics;

namespace Figment.Conformance.Tests.Stages;

/// <summary>Runs one process to its end.</summary>
internal static class Command
{
    /// <summary>No single command of a scenario takes longer; the slowest is the compiler of Java.</summary>
    public static readonly TimeSpan TimeoutLimit = TimeSpan.FromSeconds(60);

    public static async Task<Outcome> RunAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellation, TimeSpan? most = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(most ?? TimeoutLimit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new Outcome(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"did not end within {(most ?? TimeoutLimit).TotalSeconds} s: {string.Join(' ', command)}");
        }
    }

    public static async Task<string> CheckedAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellation, TimeSpan? most = null)
    {
        Outcome outcome = await RunAsync(command, environment, cancellation, most);
        return outcome.ExitCode == 0 ? outcome.Output : throw new InvalidOperationException($"{string.Join(' ', command)}: {outcome}");
    }

    /// <summary>A word for <c>sh</c>.</summary>
    public static string Quote(string word) => "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    public static string Quote(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));
}
