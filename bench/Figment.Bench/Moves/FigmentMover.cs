using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Moves;

/// <summary>A machine, moved by <c>figment migrate</c> between two daemons. The client is a process in the network of another machine of its application, at the first node.</summary>
/// <param name="nodes">Of one cluster, named <c>a</c> and <c>b</c>; the caller ends them.</param>
/// <param name="mode">Of <c>figment migrate</c>.</param>
internal sealed class FigmentMover((FigmentNode A, FigmentNode B) nodes, string mode) : IMover
{
    private const string Machine = "redis-1";
    private const string Client = "client-1";
    private readonly string _application = $"move-{BenchFolder.Tag}-{mode}";
    private readonly string _folder = BenchFolder.Make("move-" + mode);
    private readonly FigmentCommand _a = new(nodes.A);
    private readonly FigmentCommand _b = new(nodes.B);
    private bool _isUp;

    public string Name => "figment " + mode;

    public async Task<string> UpAsync(CancellationToken cancellation)
    {
        string file = Path.Combine(_folder, "compose.yaml");
        await File.WriteAllTextAsync(file, $"""
            services:
              redis:
                command: [{string.Join(", ", BenchProgram.Redis.Command.Select(word => $"\"{word}\""))}]
                expose: ["{BenchProgram.Redis.Port}"]
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
              client:
                command: ["sleep", "infinity"]
                stop_signal: SIGKILL
                x-figment: {"{"} root: host, start: on-demand {"}"}
            """, cancellation);
        _isUp = true;
        await _a.UpAsync(_application, [file], new Dictionary<string, string>(), cancellation);
        await _a.StartAsync(_application, Machine, cancellation);
        return (await _a.MachinesAsync(_application, cancellation)).Single(machine => machine.Machine == Machine).Addresses[0].Value;
    }

    public IReadOnlyList<string> AtClient(IReadOnlyList<string> command) =>
        ["nsenter", $"--net={Path.Combine(nodes.A.Environment["FIGMENT_RUNTIME_DIR"], "apps", _application, "netns", Client)}", .. command];

    public Task MoveAsync(bool toB, CancellationToken cancellation) => (toB ? _a : _b).MigrateAsync(_application, Machine, toB ? "b" : "a", mode, cancellation);

    public async Task DownAsync(CancellationToken cancellation)
    {
        if (_isUp)
        {
            _isUp = false;
            await _a.DownAsync(_application, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DownAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }
}
