using System.Globalization;
using System.Text;
using Figment.Api.Contract;
using Figment.Conformance.Tests.Stages;
using Figment.Model.States;

namespace Figment.Bench.Sides;

/// <summary>Imaginary machines on a node of the run's own.</summary>
internal sealed class FigmentSide : ISide
{
    private const string Client = "client-1";
    private static readonly TimeSpan ClientLimit = TimeSpan.FromSeconds(20);
    private readonly FigmentNode _node;
    private readonly FigmentCommand _command;
    private readonly string _folder = BenchFolder.Make("figment");
    private readonly string _application = "bench-" + BenchFolder.Tag;
    private Dictionary<string, string> _addresses = [];
    private bool _isUp;

    private FigmentSide(FigmentNode node)
    {
        _node = node;
        _command = new FigmentCommand(node);
    }

    public string Name => "figment";

    public static async Task<FigmentSide> StartAsync(CancellationToken cancellation) => new(await FigmentNode.StartAsync(cancellation));

    public async Task UpAsync(IReadOnlyList<BenchProgram> programs, CancellationToken cancellation)
    {
        string file = Path.Combine(_folder, "compose.yaml");
        await File.WriteAllTextAsync(file, Compose(programs), cancellation);
        _isUp = true;
        await _command.UpAsync(_application, [file], new Dictionary<string, string>(), cancellation);
        IReadOnlyList<MachineView> machines = [];
        await Deadline.UntilAsync(
            ClientLimit,
            () => "the client runs",
            async () =>
            {
                machines = await _command.MachinesAsync(_application, cancellation);
                return machines.Any(machine => machine.Machine == Client && machine.State == MachineState.Running);
            },
            cancellation);
        _addresses = machines.ToDictionary(machine => machine.Machine, machine => machine.Addresses[0].Value);
    }

    public async Task<double> WakeAsync(BenchProgram program, CancellationToken cancellation)
    {
        string machine = program.Machines.First();
        await _command.StopToImaginaryAsync(_application, [machine], cancellation);
        string port = program.Port.ToString(CultureInfo.InvariantCulture);
        return BenchFolder.ParseTime(await InClientAsync([BenchFolder.ProbeProgram, "probe", "wake", Address(machine), port, program.Request], cancellation));
    }

    public async Task RunAsync(BenchProgram program, CancellationToken cancellation)
        => await InClientAsync(NativeSide.Burst("once", program, [.. program.Machines.Select(Address)]), cancellation);

    public async Task<double> WakeAllAsync(BenchProgram program, CancellationToken cancellation)
    {
        await _command.StopToImaginaryAsync(_application, [.. program.Machines], cancellation);
        return BenchFolder.ParseTime(await InClientAsync(NativeSide.Burst("once", program, [.. program.Machines.Select(Address)]), cancellation));
    }

    public string Address(string machine) => _addresses[machine];

    public async Task<string> InClientAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        Outcome outcome = await _command.ExecuteAsync(_application, Client, command, cancellation);
        return outcome.ExitCode == 0 ? outcome.Output : throw new InvalidOperationException($"in {Client}: {string.Join(' ', command)}: {outcome}");
    }

    /// <summary>The keepers (and boxes) of this node: they carry its runtime folder in their environment. figmentd is not one machine's cost and is left out.</summary>
    public IReadOnlyList<int> SupportingProcesses()
        => [.. ProcessFiles.Named("figment-keeper").Concat(ProcessFiles.Named("figment-box")).Where(pid => ProcessFiles.Environment(pid).Contains(_node.Environment["FIGMENT_RUNTIME_DIR"], StringComparison.Ordinal))];

    public async Task DownAsync(CancellationToken cancellation)
    {
        if (_isUp)
        {
            _isUp = false;
            await _command.DownAsync(_application, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DownAsync(CancellationToken.None);
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Compose(IReadOnlyList<BenchProgram> programs)
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
            Line($"    x-figment: {{ root: host }}");
        }

        Line($"  client:");
        Line($"    command: [\"sleep\", \"infinity\"]");
        Line($"    stop_signal: SIGKILL");
        Line($"    x-figment: {{ root: host, start: eager }}");
        return text.ToString();
    }
}
