using System.Diagnostics;
using System.Globalization;
using Figment.Bench.Sides;

namespace Figment.Bench.Ensembles;

/// <summary>One member dies while clients read.</summary>
internal static class Death
{
    /// <summary>A program that lived for ten seconds is no broken one: neither Figment nor Docker then waits longer than at the first death.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Against an ensemble that is up.</summary>
    public static async Task<RecoveryRun> PlayAsync(IEnsemble ensemble, string round, string revision, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        IReadOnlyList<string> command = ensemble.Inside([BenchFolder.ProbeProgram, "probe", "ensemble", .. ensemble.Members]);
        using var probe = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            int leader = int.Parse((await HearAsync(probe, limit.Token))["whole ".Length..], CultureInfo.InvariantCulture);
            await Task.Delay(Life, limit.Token);
            await SayAsync(probe, "watch", limit.Token);
            await HearAsync(probe, limit.Token);
            long killed = Stopwatch.GetTimestamp();
            await ensemble.KillAsync(limit.Token);
            long whole = long.Parse((await HearAsync(probe, limit.Token))["whole ".Length..], CultureInfo.InvariantCulture);
            await SayAsync(probe, "end", limit.Token);
            double[] reads = [.. (await HearAsync(probe, limit.Token)).Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
            await probe.WaitForExitAsync(limit.Token);
            return new RecoveryRun(round, revision, ensemble.Name, Stopwatch.GetElapsedTime(killed, whole).TotalMilliseconds, leader, (int)reads[0], (int)reads[1], (int)reads[2], reads[3]);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"the ensemble of {ensemble.Name} was not whole within {Limit.TotalMinutes} min");
        }
        finally
        {
            probe.Kill();
        }
    }

    private static async Task SayAsync(Process probe, string line, CancellationToken cancellation)
    {
        await probe.StandardInput.WriteLineAsync(line.AsMemory(), cancellation);
        await probe.StandardInput.FlushAsync(cancellation);
    }

    private static async Task<string> HearAsync(Process probe, CancellationToken cancellation) =>
        await probe.StandardOutput.ReadLineAsync(cancellation) ?? throw new IOException("the reading clients ended");
}
