using System.Diagnostics;
using System.Text;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>Plain processes in network namespaces on one bridge: what the kernel alone costs.</summary>
internal sealed class NativeSide : ISide
{
    private const string Client = "client";
    private readonly Dictionary<string, string> _addresses = [];
    private readonly List<Process> _processes = [];
    private readonly string _folder = BenchFolder.Make("native");

    public string Name => "native";

    private static string BridgeNamespace => BenchFolder.Tag + "-nbr";

    public async Task UpAsync(IReadOnlyList<BenchProgram> programs, CancellationToken cancellation)
    {
        var script = new StringBuilder();
        void Line(FormattableString line) => script.Append(FormattableString.Invariant(line)).Append('\n');
        Line($"ip netns add {BridgeNamespace}");
        Line($"ip -n {BridgeNamespace} link add br0 type bridge");
        Line($"ip -n {BridgeNamespace} link set br0 up");
        foreach (string machine in programs.SelectMany(program => program.Machines).Append(Client))
        {
            int index = _addresses.Count + 2;
            _addresses[machine] = FormattableString.Invariant($"10.214.0.{index}");
            Line($"ip netns add {Namespace(machine)}");
            Line($"ip -n {BridgeNamespace} link add v{index} type veth peer name eth0 netns {Namespace(machine)}");
            Line($"ip -n {BridgeNamespace} link set v{index} master br0 up");
            Line($"ip -n {Namespace(machine)} link set lo up");
            Line($"ip -n {Namespace(machine)} addr add {_addresses[machine]}/24 dev eth0");
            Line($"ip -n {Namespace(machine)} link set eth0 up");
        }

        await Command.CheckedAsync(["sh", "-euc", script.ToString()], null, cancellation);
    }

    public async Task<double> WakeAsync(BenchProgram program, CancellationToken cancellation)
    {
        string machine = program.Machines.First();
        IReadOnlyList<string> probe = [BenchFolder.ProbeProgram, "probe", "spawn", "busy", "127.0.0.1", FormattableString.Invariant($"{program.Port}"), program.Request, .. program.Command];
        return BenchFolder.ParseTime(await Command.CheckedAsync(Inside(machine, probe), null, cancellation));
    }

    public async Task RunAsync(BenchProgram program, CancellationToken cancellation)
    {
        Start(program);
        IReadOnlyList<string> hosts = [.. program.Machines.Select(Address)];
        await InClientAsync(Burst("retry", program, hosts), cancellation);
    }

    public async Task<double> WakeAllAsync(BenchProgram program, CancellationToken cancellation)
    {
        Stop();
        // The probe is up and asking before the first server is started; its own start is measured too, and small beside a hundred servers.
        long start = Stopwatch.GetTimestamp();
        await RunAsync(program, cancellation);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    public string Address(string machine) => _addresses[machine];

    public Task<string> InClientAsync(IReadOnlyList<string> command, CancellationToken cancellation) => Command.CheckedAsync(Inside(Client, command), null, cancellation);

    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) => Inside(Client, command);

    /// <summary>It always runs: what others are compared with.</summary>
    public Task<double> WakeFrozenAsync(BenchProgram program, Func<Task<double>> ask, CancellationToken cancellation) => ask();

    public IReadOnlyList<int> SupportingProcesses() => [];

    public async Task DownAsync(CancellationToken cancellation)
    {
        Stop();
        string script = string.Join('\n', _addresses.Keys.Select(Namespace).Append(BridgeNamespace).Select(name => $"ip netns del {name} 2>/dev/null || :"));
        await Command.CheckedAsync(["sh", "-c", script], null, cancellation);
        _addresses.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await DownAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Words that ask all hosts of a program at once.</summary>
    internal static IReadOnlyList<string> Burst(string retry, BenchProgram program, IReadOnlyList<string> hosts)
        => [BenchFolder.ProbeProgram, "probe", "burst", retry, FormattableString.Invariant($"{program.Port}"), program.Request, .. hosts];

    private static string Namespace(string machine) => $"{BenchFolder.Tag}-n-{machine}";

    private static IReadOnlyList<string> Inside(string machine, IReadOnlyList<string> command) => ["nsenter", $"--net=/run/netns/{Namespace(machine)}", .. command];

    private void Start(BenchProgram program)
    {
        foreach (string machine in program.Machines)
        {
            IReadOnlyList<string> words = Inside(machine, program.Command);
            string log = Path.Combine(_folder, machine + ".log");
            _processes.Add(Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote(words)} </dev/null >{Command.Quote(log)} 2>&1"]))!);
        }
    }

    private void Stop()
    {
        foreach (Process process in _processes)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        _processes.Clear();
    }
}
