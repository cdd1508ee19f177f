using System.Diagnostics;
using System.Globalization;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>Containers on a bridge of Docker's. A server is made real by <c>docker run</c>, or by <c>docker start</c> of a container made before.</summary>
internal sealed class DockerSide(DockerDaemon docker, string name, bool byRun, int number) : ISide
{
    private const string Client = "client";
    private const int ParallelStarts = 16;
    /// <summary>A hundred containers.</summary>
    private static readonly TimeSpan StartsLimit = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan NetworkLimit = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, string> _addresses = [];
    private string _clientPid = "";

    public string Name => name;

    private string Network => $"{BenchFolder.Tag}-{number}";

    public async Task UpAsync(IReadOnlyList<BenchProgram> programs, CancellationToken cancellation)
    {
        string subnet = FormattableString.Invariant($"10.{220 + number}.0.");
        await docker.RunAsync(cancellation, "network", "create", "--subnet", subnet + "0/24", Network);
        foreach (string machine in programs.SelectMany(program => program.Machines).Append(Client))
        {
            _addresses[machine] = FormattableString.Invariant($"{subnet}{_addresses.Count + 2}");
        }

        await docker.RunAsync(cancellation, ["run", "-d", .. Options(Client), "busybox", "sleep", "infinity"]);
        _clientPid = (await docker.RunAsync(cancellation, "inspect", "-f", "{{.State.Pid}}", Container(Client))).Trim();
        // An address that does not answer yet is asked for once a second by default: the client would see the server up to a second too late, and Docker would be wronged.
        await InClientAsync(["sh", "-c", "echo 5 > /proc/sys/net/ipv4/neigh/eth0/retrans_time_ms"], cancellation);
        if (!byRun)
        {
            foreach (BenchProgram program in programs)
            {
                foreach (string machine in program.Machines)
                {
                    await docker.RunAsync(cancellation, ["create", .. Options(machine), .. program.Command]);
                }
            }
        }
    }

    public async Task<double> WakeAsync(BenchProgram program, CancellationToken cancellation)
    {
        string machine = program.Machines.First();
        string[] start = byRun ? ["run", "-d", .. Options(machine), .. program.Command] : ["start", Container(machine)];
        double time = BenchFolder.ParseTime(await InClientAsync(
            [BenchFolder.ProbeProgram, "probe", "spawn", "easy", Address(machine), program.Port.ToString(CultureInfo.InvariantCulture), program.Request, .. docker.Words, .. start],
            cancellation));
        string[] end = byRun ? ["rm", "-f", Container(machine)] : ["stop", "-t", "0", Container(machine)];
        await docker.RunAsync(cancellation, end);
        return time;
    }

    public async Task RunAsync(BenchProgram program, CancellationToken cancellation)
    {
        // The client's `docker start A B` starts one after another; several at a time is the fair way to wake many.
        string names = string.Join(' ', program.Machines.Select(Container));
        string starts = FormattableString.Invariant($"echo {names} | tr ' ' '\\n' | xargs -P {ParallelStarts} -n 1 {Command.Quote(docker.Words)} start");
        await Task.WhenAll(
            Command.CheckedAsync(["sh", "-euc", starts], null, cancellation, StartsLimit),
            Command.CheckedAsync(Inside(NativeSide.Burst("retry", program, [.. program.Machines.Select(Address)])), null, cancellation, StartsLimit));
    }

    public async Task<double> WakeAllAsync(BenchProgram program, CancellationToken cancellation)
    {
        await docker.RunAsync(cancellation, ["stop", "-t", "0", .. program.Machines.Select(Container)]);
        long start = Stopwatch.GetTimestamp();
        await RunAsync(program, cancellation);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    public string Address(string machine) => _addresses[machine];

    /// <summary>The client's program is the node's own, in the client container's network.</summary>
    public Task<string> InClientAsync(IReadOnlyList<string> command, CancellationToken cancellation)
        => Command.CheckedAsync(Inside(command), null, cancellation);

    /// <summary>Nothing wakes a paused container but a command.</summary>
    public async Task<double> WakeFrozenAsync(BenchProgram program, Func<Task<double>> ask, CancellationToken cancellation)
    {
        string container = Container(program.Machines.First());
        await docker.RunAsync(cancellation, "pause", container);
        long start = Stopwatch.GetTimestamp();
        await docker.RunAsync(cancellation, "unpause", container);
        double unpause = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        return unpause + await ask();
    }

    public IReadOnlyList<int> SupportingProcesses() => docker.Shims();

    public async Task DownAsync(CancellationToken cancellation)
    {
        if (_addresses.Count == 0)
        {
            return;
        }

        string all = (await docker.RunAsync(cancellation, "ps", "-aq", "--filter", $"network={Network}")).Trim();
        if (all.Length > 0)
        {
            await docker.RunAsync(cancellation, ["rm", "-f", .. all.Split('\n')]);
        }

        // Endpoints of containers that were removed by force go a little later.
        string failure = "";
        await Deadline.UntilAsync(
            NetworkLimit,
            () => $"docker removes the network: {failure}",
            async () =>
            {
                try
                {
                    await docker.RunAsync(cancellation, "network", "rm", Network);
                    return true;
                }
                catch (InvalidOperationException exception)
                {
                    failure = exception.Message;
                    return false;
                }
            },
            cancellation);
        _addresses.Clear();
    }

    public async ValueTask DisposeAsync() => await DownAsync(CancellationToken.None);

    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["nsenter", $"--net=/proc/{_clientPid}/ns/net", .. command];

    private string Container(string machine) => $"{Network}-{machine}";

    private string[] Options(string machine) => ["--name", Container(machine), "--network", Network, "--ip", Address(machine), DockerDaemon.Image];
}
