using System.Diagnostics;
using System.Globalization;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Spikes;

/// <summary>The load: below what one worker can do, then twelve times as much at once. What one worker can do is 80 requests a second.</summary>
internal static class SpikeLoad
{
    public const int Seconds = 15;
    private const int SecondsBefore = 3;
    private const int PerSecondBefore = 50;
    private const int PerSecond = PerSecondBefore * SpikeFiles.Workers;

    /// <summary>Plays it once against a side that is up.</summary>
    public static async Task<SpikeRun> PlayAsync(ISpikeSide side, string round, string revision, CancellationToken cancellation)
    {
        // The front and the store may be imaginary: their start is not what is measured, and what queues up meanwhile would ask for workers.
        string port = SpikeFiles.FrontPort.ToString(CultureInfo.InvariantCulture);
        await Command.CheckedAsync(side.Inside(["curl", "-sf", "--retry", "100", "--retry-all-errors", "--retry-delay", "1", $"http://{side.FrontAddress}:{port}/"]), null, cancellation);
        string[] words = [.. new[] { SpikeFiles.FrontPort, PerSecondBefore, PerSecond, SecondsBefore, Seconds }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        IReadOnlyList<string> command = side.Inside([BenchFolder.ProbeProgram, "probe", "load", side.FrontAddress, .. words]);
        using var probe = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true })!;
        try
        {
            if (await probe.StandardOutput.ReadLineAsync(cancellation) != "step")
            {
                throw new IOException("the load ended before its step");
            }

            Task step = side.StepAsync(cancellation);
            var lines = new List<string>();
            while (await probe.StandardOutput.ReadLineAsync(cancellation) is { } line)
            {
                lines.Add(line);
            }

            await step;
            await probe.WaitForExitAsync(cancellation);
            return probe.ExitCode == 0 ? SpikeRun.Of(round, revision, side.Name, Seconds, lines) : throw new IOException($"the load ended with {probe.ExitCode}");
        }
        finally
        {
            probe.Kill();
        }
    }
}
