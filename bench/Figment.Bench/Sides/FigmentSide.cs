using System.Globalization;
using System.Text;
using Figment.Api.Contract;
using Figment.Conformance.Tests.Stages;
using Figment.Model.States;

namespace Figment.Bench.Sides;

/// <summary>Imaginary machines on a node of the run's own. The client is one of them: it runs from the first command that is run in it.</summary>
/// <param name="node">Where they are; the caller ends it.</param>
/// <param name="name">Of the side.</param>
/// <param name="isInUse">Machines are woken while the client runs. Else nothing of the application runs, and what connects is a process of the node's in the client's network.</param>
/// <param name="number">Tells sides of one node apart.</param>
/// <param name="freezeAfter">For all machines, the client too; null: each program's own.</param>
/// <param name="other">Node <c>b</c> of its cluster, in which it is <c>a</c>: servers that run have been there; null: it need not be of one.</param>
internal sealed class FigmentSide(FigmentNode node, string name, bool isInUse, int number, string? freezeAfter = null, FigmentNode? other = null) : ISide
{
    private const string Client = "client-1";
    private static readonly TimeSpan FreezeLimit = TimeSpan.FromMinutes(2);
    private readonly FigmentCommand _command = new(node);
    private readonly string _folder = BenchFolder.Make("figment" + number.ToString(CultureInfo.InvariantCulture));
    private readonly string _application = FormattableString.Invariant($"bench-{BenchFolder.Tag}-{number}");
    private Dictionary<string, string> _addresses = [];
    private bool _isUp;
    private bool _clientRuns;

    public string Name => name;

    public async Task UpAsync(IReadOnlyList<BenchProgram> programs, CancellationToken cancellation)
    {
        string file = Path.Combine(_folder, "compose.yaml");
        await File.WriteAllTextAsync(file, Compose(programs), cancellation);
        _isUp = true;
        await _command.UpAsync(_application, [file], new Dictionary<string, string>(), cancellation);
        IReadOnlyList<MachineView> machines = await _command.MachinesAsync(_application, cancellation);
        _addresses = machines.ToDictionary(machine => machine.Machine, machine => machine.Addresses[0].Value);
    }

    public async Task<double> WakeAsync(BenchProgram program, CancellationToken cancellation)
    {
        string machine = program.Machines.First();
        await _command.StopToImaginaryAsync(_application, [machine], cancellation);
        string port = program.Port.ToString(CultureInfo.InvariantCulture);
        string[] probe = [BenchFolder.ProbeProgram, "probe", "wake", Address(machine), port, program.Request];
        return BenchFolder.ParseTime(isInUse ? await InClientAsync(probe, cancellation) : await Command.CheckedAsync(Inside(probe), null, cancellation));
    }

    public async Task RunAsync(BenchProgram program, CancellationToken cancellation)
    {
        await InClientAsync(NativeSide.Burst("once", program, [.. program.Machines.Select(Address)]), cancellation);
        if (other is not null)
        {
            foreach (string machine in program.Machines)
            {
                await _command.MigrateAsync(_application, machine, "b", "auto", cancellation);
                await new FigmentCommand(other).MigrateAsync(_application, machine, "a", "auto", cancellation);
            }
        }
    }

    public async Task<double> WakeAllAsync(BenchProgram program, CancellationToken cancellation)
    {
        await _command.StopToImaginaryAsync(_application, [.. program.Machines], cancellation);
        return BenchFolder.ParseTime(await InClientAsync(NativeSide.Burst("once", program, [.. program.Machines.Select(Address)]), cancellation));
    }

    public string Address(string machine) => _addresses[machine];

    public async Task<string> InClientAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        if (!_clientRuns)
        {
            await _command.StartAsync(_application, Client, cancellation);
            _clientRuns = true;
        }

        Outcome outcome = await _command.ExecuteAsync(_application, Client, command, cancellation);
        return outcome.ExitCode == 0 ? outcome.Output : throw new InvalidOperationException($"in {Client}: {string.Join(' ', command)}: {outcome}");
    }

    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["nsenter", $"--net={ClientNetwork}", .. command];

    /// <summary>It freezes by itself, and goes to storage by itself.</summary>
    public async Task<double> WakeFrozenAsync(BenchProgram program, Func<Task<double>> ask, CancellationToken cancellation)
    {
        string machine = program.Machines.First();
        MachineState wanted = program.HibernateAfter is null ? MachineState.Frozen : MachineState.Hibernated;
        MachineState? state = null;
        await Deadline.UntilAsync(
            FreezeLimit,
            () => $"{machine} is {wanted} (it is {state})",
            async () =>
            {
                state = (await _command.MachinesAsync(_application, cancellation)).Single(one => one.Machine == machine).State;
                return state == wanted;
            },
            cancellation);
        return await ask();
    }

    /// <summary>The keepers (and boxes) of this node: they carry its runtime folder in their environment. figmentd is not one machine's cost and is left out.</summary>
    public IReadOnlyList<int> SupportingProcesses()
        => [.. ProcessFiles.Named("figment-keeper").Concat(ProcessFiles.Named("figment-box")).Where(pid => ProcessFiles.Environment(pid).Contains(RuntimeDirectory, StringComparison.Ordinal))];

    private string RuntimeDirectory => node.Environment["FIGMENT_RUNTIME_DIR"];

    private string ClientNetwork => Path.Combine(RuntimeDirectory, "apps", _application, "netns", Client);

    public async Task DownAsync(CancellationToken cancellation)
    {
        if (_isUp)
        {
            _isUp = false;
            _clientRuns = false;
            await _command.DownAsync(_application, cancellation);
        }
    }

    /// <summary>It was woken from one, or nothing was measured.</summary>
    public async Task CheckSnapshotAsync(BenchProgram program, CancellationToken cancellation)
    {
        MachineView machine = (await _command.MachinesAsync(_application, cancellation)).Single(one => one.Machine == program.Machines.First());
        if (!machine.FromSnapshot)
        {
            throw new InvalidOperationException($"{machine.Machine} has started its program: {machine.NoSnapshot}");
        }
    }

    /// <summary>It goes on.</summary>
    public Task CheckpointAsync(string machine, CancellationToken cancellation) => _command.CheckpointAsync(_application, machine, cancellation);

    public async ValueTask DisposeAsync()
    {
        await DownAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    private string Compose(IReadOnlyList<BenchProgram> programs)
    {
        var text = new StringBuilder("services:\n");
        void Line(FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
        foreach (BenchProgram program in programs)
        {
            string words = string.Join(", ", program.Command.Select(word => $"\"{word}\""));
            Line($"  {program.Name}:");
            Line($"    command: [{words}]");
            Line($"    expose: [\"{program.Port}\"]");
            Line($"    deploy: {{ replicas: {program.Replicas} }}");
            Line($"    x-figment: {{ root: host, from: {(program.FromSnapshot ? "snapshot" : "image")}, idle: {{ freeze-after: {freezeAfter ?? program.FreezeAfter}, hibernate-after: {program.HibernateAfter ?? "never"} }} }}");
        }

        Line($"  client:");
        Line($"    command: [\"sleep\", \"infinity\"]");
        Line($"    stop_signal: SIGKILL");
        Line($"    x-figment: {{ root: host, start: on-demand, idle: {{ freeze-after: {freezeAfter ?? "10s"} }} }}");
        return text.ToString();
    }
}
