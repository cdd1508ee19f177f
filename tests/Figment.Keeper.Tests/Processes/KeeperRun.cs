using System.Diagnostics;
using System.Text.Json;
using Figment.Keeper.Fabric;
using Figment.Keeper.Lifecycle;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Sockets;
using Figment.Linux.UnixSockets;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Keeper.Tests.Processes;

/// <summary>An application's folder and the real <c>figment-keeper</c> processes that keep it. Its machines serve no port, so that no networks are needed.</summary>
internal sealed class KeeperRun : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly List<Process> _processes = [];

    public KeeperRun(string boxPath, params MachineLaunch[] machines)
    {
        Write(boxPath, machines);
        Directory.CreateDirectory(Folder["netns"]);
        foreach (var machine in machines)
        {
            File.CreateSymbolicLink(Path.Combine(Folder["netns"], machine.Name), $"/proc/{Environment.ProcessId}/ns/net");
        }
    }

    public TemporaryFolder Folder { get; } = new();

    private static string Executable => Path.Combine(AppContext.BaseDirectory, "..", "..", "Figment.Keeper", "debug_linux-x64", "figment-keeper.dll");

    public static MachineLaunch Machine(string service, StartMode start, string revision = "r1") =>
        KeeperBench.Machine(service, "10.77.0.2") with { Interfaces = [], Start = start, Revision = revision };

    public void Write(string boxPath, params MachineLaunch[] machines) =>
        File.WriteAllBytes(Folder["keeper.json"], JsonSerializer.SerializeToUtf8Bytes(
            new ApplicationLaunch
            {
                Application = "run",
                Epoch = 3,
                RuntimeDirectory = Folder.Path,
                StateDirectory = Folder["state"],
                BoxPath = boxPath,
                Tag = "abc124",
                Machines = machines,
            },
            LaunchJson.Default.ApplicationLaunch));

    public Process Start()
    {
        // A published (NativeAOT) keeper may be named for a run against that.
        var start = Environment.GetEnvironmentVariable("FIGMENT_TEST_KEEPER") is { Length: > 0 } published
            ? new ProcessStartInfo(published, [Folder.Path])
            : new ProcessStartInfo("dotnet", [Executable, Folder.Path]);
        start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        _processes.Add(process);
        return process;
    }

    /// <summary>Starts a keeper and connects to it.</summary>
    public (Process Process, LineChannel Channel) StartAndConnect()
    {
        File.Delete(Folder["keeper.sock"]);
        var process = Start();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return (process, new LineChannel(UnixSocket.Connect(Folder["keeper.sock"]), ControlJson.LineBytesMax));
            }
            catch (LinuxException exception) when (exception.Error is Errno.ENOENT or Errno.ECONNREFUSED && clock.Elapsed < Limit)
            {
                Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
                Thread.Yield();
            }
        }
    }

    public static KeeperReply Ask(LineChannel channel, KeeperRequest request)
    {
        channel.Send(request, ControlJson.Default.KeeperRequest);
        return channel.Receive(ControlJson.Default.KeeperReply, out _) ?? throw new InvalidOperationException($"no answer to {request}");
    }

    public static MachineStatus AwaitState(LineChannel channel, string machine, MachineState state)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var status = Ask(channel, new KeeperRequest.Status()).Machines!.Single(each => each.Machine == machine);
            if (status.State == state)
            {
                return status;
            }

            Assert.True(clock.Elapsed < Limit, $"{machine} is {status.State}, not {state}");
            Thread.Yield();
        }
    }

    public IReadOnlyList<MachineEvent> Ledger =>
        [.. File.ReadAllLines(Folder["ledger.jsonl"]).Select(line => JsonSerializer.Deserialize(line, LaunchJson.Default.MachineEvent)!)];

    public static void AwaitExit(Process process) => Assert.True(process.WaitForExit(Limit), "the keeper does not end");

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }

        using (var fabric = new ApplicationFabric(Folder.Path, TimeProvider.System, new Log(TextWriter.Null, TimeProvider.System)))
        {
            fabric.Remove();
        }

        Folder.Dispose();
    }
}
