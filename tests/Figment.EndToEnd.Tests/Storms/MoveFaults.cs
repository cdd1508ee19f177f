using System.Globalization;
using Figment.Api.Client;
using Figment.Linux.Processes;

namespace Figment.EndToEnd.Tests.Storms;

/// <summary>Has one failure happen, and what was cut, stopped or filled go on again.</summary>
/// <param name="nodes">Two.</param>
/// <param name="source">At which the machine is.</param>
/// <param name="box">Its box, by process id.</param>
/// <param name="spared">Boxes of other machines.</param>
internal sealed class MoveFaults(NodePair nodes, FigmentNode source, int box, IReadOnlyCollection<int> spared)
{
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;
    private const long LeftBytesMax = 16 << 20;

    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Some = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(40);

    private FigmentNode Target => source == nodes.A ? nodes.B : nodes.A;

    /// <summary>When it is time.</summary>
    /// <param name="step">With the failure.</param>
    /// <param name="ended">The move has; who waits for a process of it need not any more.</param>
    /// <returns>What was hit; null: nothing was there to hit.</returns>
    public async Task<string?> HitAsync(MoveStep step, Task ended)
    {
        switch (step.Fault)
        {
            case MoveFault.None:
                return null;
            case MoveFault.SourceDaemon:
                return KillAll(source, "figmentd");
            case MoveFault.TargetDaemon:
                return KillAll(Target, "figmentd");
            case MoveFault.BothDaemons:
                return $"{KillAll(source, "figmentd")}, {KillAll(Target, "figmentd")}";
            case MoveFault.SourceKeeper:
                return KillAll(source, "figment-keeper");
            case MoveFault.TargetKeeper:
                return KillAll(Target, "figment-keeper");
            case MoveFault.SourceBox:
                return Kill(box);
            case MoveFault.TargetBox:
                return KillAll(Target, "figment-box");
            case MoveFault.SourceCriu:
                return await KillCriuAsync(source, step, ended);
            case MoveFault.TargetCriu:
                return await KillCriuAsync(Target, step, ended);
            case MoveFault.SourceDaemonStops:
                return await StopAsync(source);
            case MoveFault.TargetDaemonStops:
                return await StopAsync(Target);
            case MoveFault.Blink:
                return await CutAsync(Blink);
            case MoveFault.Cut:
                return await CutAsync(Some);
            case MoveFault.LongCut:
                return await CutAsync(Long);
            case MoveFault.Slow:
                nodes.Slow(true);
                await Task.WhenAny(ended, Task.Delay(Some));
                nodes.Slow(false);
                return "the wire was slow";
            case MoveFault.FullDisk:
                // Sometimes there is room for some of it.
                Target.Disk!.Fill(LeftBytesMax * (step.DelayMs % 4) / 4);
                await Task.WhenAny(ended, Task.Delay(Some));
                Target.Disk.Free();
                return "the disk was full";
            default:
                return await CancelAsync();
        }
    }

    private async Task<string?> CancelAsync()
    {
        using var client = new FigmentClient(source.Socket);
        var move = (await client.GetMigrationsAsync(CancellationToken.None)).LastOrDefault(move => move.Phase is not ("done" or "aborted"));
        if (move is null)
        {
            return null;
        }

        try
        {
            await client.CancelMigrationAsync(move.Id, CancellationToken.None);
            return "called off";
        }
        catch (FigmentApiException exception)
        {
            return exception.Message;
        }
    }

    private async Task<string> CutAsync(TimeSpan duration)
    {
        nodes.Cut(true);
        await Task.Delay(duration);
        nodes.Cut(false);
        return string.Create(CultureInfo.InvariantCulture, $"the wire was cut for {duration.TotalSeconds} s");
    }

    private static async Task<string> StopAsync(FigmentNode node)
    {
        using var daemon = Pidfd.Open(Assert.Single(node.Processes("figmentd")));
        daemon.Signal(SIGSTOP);
        await Task.Delay(Some);
        daemon.Signal(SIGCONT);
        return $"process {daemon.Pid} stood still";
    }

    /// <summary>They are there for some tens of milliseconds.</summary>
    private static async Task<string?> KillCriuAsync(FigmentNode node, MoveStep step, Task ended)
    {
        while (!ended.IsCompleted)
        {
            foreach (int pid in NodeProcesses.Criu().Where(pid => NodeProcesses.ParentOf(pid) is { } parent && node.Processes("figment-box").Contains(parent)))
            {
                await Task.Delay(step.DelayMs / 5);
                return Kill(pid);
            }

            await Task.Delay(1);
        }

        return null;
    }

    private string? KillAll(FigmentNode node, string program)
    {
        var killed = node.Processes(program).Where(pid => !spared.Contains(pid)).Select(Kill).OfType<string>().ToList();
        return killed.Count == 0 ? null : $"{program}: {string.Join(", ", killed)}";
    }

    private static string? Kill(int pid)
    {
        try
        {
            using var process = Pidfd.Open(pid);
            return process.Signal(SIGKILL) && process.AwaitEnd(Some) ? $"process {pid} was killed" : null;
        }
        catch (Linux.Errors.LinuxException)
        {
            return null; // it has ended by itself
        }
    }
}
