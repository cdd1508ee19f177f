using System.Globalization;
using System.Runtime.InteropServices;
using Figment.Keeper.Balancing;
using Figment.Keeper.Boxes;
using Figment.Keeper.Control;
using Figment.Keeper.Fabric;
using Figment.Keeper.Learning;
using Figment.Keeper.Ledger;
using Figment.Linux.Memory;
using Figment.Linux.Processes;
using Figment.Model.Launch;

namespace Figment.Keeper.Lifecycle;

/// <summary>The process: one keeper of one application at a time, from its launch file to the end.</summary>
internal sealed class KeeperProcess(string runtimeDirectory, Func<ApplicationLaunch, IFabric> openFabric, TimeProvider time, Log log)
{
    /// <summary>The daemon reads an answer at once; the process does not stay for one that does not.</summary>
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(2);

    /// <summary>Exit code: 0 after down or a request to end, 1 if it could not begin.</summary>
    public int Run()
    {
        FileStream claim;
        try
        {
            claim = new FileStream(Path.Combine(runtimeDirectory, "keeper.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            log.Write($"cannot keep {runtimeDirectory}: {Holder() ?? exception.Message}");
            return 1;
        }

        using (claim)
        {
            try
            {
                Session.Detach();
                File.WriteAllText(PidPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
                return Keep(LaunchFile.Read(runtimeDirectory));
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException or FabricException)
            {
                log.Write($"cannot keep {runtimeDirectory}: {exception.Message}");
                return 1;
            }
        }
    }

    private string PidPath => Path.Combine(runtimeDirectory, "keeper.pid");

    private int Keep(ApplicationLaunch launch)
    {
        Directory.CreateDirectory(launch.StateDirectory);
        using var fabric = openFabric(launch);
        fabric.HoldClients();
        fabric.Apply(launch);
        using var loop = new EventLoop(time);
        using var ledger = LedgerFile.Open(Path.Combine(runtimeDirectory, "ledger.jsonl"));
        using var generation = SharedPage.Open(Path.Combine(runtimeDirectory, "generation"));
        var groups = new MachineGroups(launch.Tag);
        using var balancer = new ServiceBalancer(groups);
        balancer.Apply(launch);
        using var boxes = new ReadyBox(new BoxStarter(), loop, log);
        var parts = new KeeperParts
        {
            Loop = loop,
            Fabric = fabric,
            Boxes = boxes,
            Balancer = balancer,
            Groups = groups,
            Ledger = ledger,
            Learnt = LearntPorts.Open(Path.Combine(launch.StateDirectory, "learnt.json"), log.Write),
            Generation = generation,
            Time = time,
            Log = log,
        };
        using var keeper = new ApplicationKeeper(launch, parts);
        var found = BoxAdoption.Find(runtimeDirectory, launch.Epoch, log);
        parts.Groups.EndAllBut(found.Select(box => box.Report.Machine).ToHashSet(), log.Write);
        keeper.Begin(found);
        fabric.ServeClients();

        // A keeper of imaginary machines is to cost next to nothing: what making them has used is given back while no buffer is pinned yet.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var control = new ControlServer(Path.Combine(runtimeDirectory, "keeper.sock"), keeper, log);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, loop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, loop));
        new Thread(() => BoxStart.WarmUp(launch)) { IsBackground = true, Name = "warm-up" }.Start();
        log.Write($"keeps {launch.Application}: {launch.Machines.Count} machines, epoch {launch.Epoch}, ledger at {ledger.Sequence}");

        loop.Run();

        control.Drain(DrainMax);
        if (keeper.IsDown)
        {
            File.Delete(Path.Combine(runtimeDirectory, "generation"));
        }

        File.Delete(PidPath);
        log.Write(keeper.IsDown ? "the application is down" : "ends; boxes and networks stay for the next keeper");
        return 0;
    }

    /// <summary>SIGTERM ends this process alone: the application goes on, and the next keeper adopts it.</summary>
    private static void End(PosixSignalContext context, EventLoop loop)
    {
        context.Cancel = true;
        loop.Stop();
    }

    private string? Holder()
    {
        try
        {
            return $"process {File.ReadAllText(PidPath).Trim()} keeps it already; ask it for down first, or leave it to its work";
        }
        catch (IOException)
        {
            return null;
        }
    }
}
