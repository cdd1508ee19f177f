using System.Globalization;
using System.Text.Json;
using Figment.Api.Contract;

namespace Figment.Conformance.Tests.Stages;

/// <summary>Every call of the command line that tests and benchmarks make stands here.</summary>
internal sealed class FigmentCommand(FigmentNode node)
{
    private readonly IReadOnlyList<string> _program = [.. node.Prefix, FigmentPrograms.Find("figment")];

    public Task UpAsync(string application, IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
        => Command.CheckedAsync(
            [.. _program, "up", "-p", application, .. files.SelectMany(file => new[] { "-f", file })],
            node.Environment.Concat(environment).ToDictionary(),
            cancellation);

    public Task DownAsync(string application, CancellationToken cancellation) => CheckedAsync(cancellation, "down", "-v", "-p", application);

    public async Task<IReadOnlyList<MachineView>> MachinesAsync(string application, CancellationToken cancellation)
        => JsonSerializer.Deserialize(await CheckedAsync(cancellation, "ps", "-p", application, "--json"), ApiJson.Default.IReadOnlyListMachineView)!;

    /// <summary>Does the node say that it has no such application (exit code 3)?</summary>
    public async Task<bool> IsGoneAsync(string application, CancellationToken cancellation)
        => (await Command.RunAsync([.. _program, "ps", "-p", application], node.Environment, cancellation)).ExitCode == 3;

    public async Task<IReadOnlyList<EventView>> WhyAsync(string application, string machine, CancellationToken cancellation)
        => JsonSerializer.Deserialize(await CheckedAsync(cancellation, "why", "-n", "1000", "-p", application, machine, "--json"), ApiJson.Default.IReadOnlyListEventView)!;

    public Task<string> LogsAsync(string application, string machine, CancellationToken cancellation)
        => CheckedAsync(cancellation, "logs", "-p", application, machine);

    public Task<Outcome> ExecuteAsync(string application, string machine, IReadOnlyList<string> command, CancellationToken cancellation)
        => Command.RunAsync([.. _program, "exec", "-p", application, "-T", machine, .. command], node.Environment, cancellation);

    /// <summary>Address and port on the node, <c>0.0.0.0:8080</c>.</summary>
    public async Task<string> PortAsync(string application, string service, int port, CancellationToken cancellation)
        => (await CheckedAsync(cancellation, "port", "-p", application, service, port.ToString(CultureInfo.InvariantCulture))).Trim();

    /// <summary>A snapshot of it, and it goes on.</summary>
    public Task CheckpointAsync(string application, string machine, CancellationToken cancellation) => CheckedAsync(cancellation, "checkpoint", "--leave-running", "-p", application, machine);

    /// <summary>A snapshot of it, and it is stopped, or goes on.</summary>
    /// <returns>The snapshot's id.</returns>
    public async Task<string> SnapshotAsync(string application, string machine, bool leavesRunning, CancellationToken cancellation)
        => (await CheckedAsync(cancellation, ["checkpoint", leavesRunning ? "-qR" : "-q", "-p", application, machine])).Trim();

    public Task<Outcome> TrySnapshotAsync(string application, string machine, CancellationToken cancellation)
        => Command.RunAsync([.. _program, "checkpoint", "-q", "--leave-running", "-p", application, machine], node.Environment, cancellation);

    /// <summary>Goes on from a snapshot, whatever it does.</summary>
    public Task RestoreAsync(string application, string machine, string snapshot, CancellationToken cancellation)
        => CheckedAsync(cancellation, "restore", "--force", "--from", snapshot, "-p", application, machine);

    public async Task<SnapshotDetail> InspectAsync(string snapshot, CancellationToken cancellation)
        => JsonSerializer.Deserialize((await CheckedAsync(cancellation, "snapshot", "inspect", snapshot)).Trim().TrimStart('[').TrimEnd(']'), ApiJson.Default.SnapshotDetail)!;

    public Task RemoveSnapshotsAsync(IReadOnlyList<string> snapshots, CancellationToken cancellation) => CheckedAsync(cancellation, ["snapshot", "rm", .. snapshots]);

    /// <summary>Ends the program at once; no signal starts it until <see cref="StartAsync"/>.</summary>
    public Task StopAsync(string application, string machine, CancellationToken cancellation) => CheckedAsync(cancellation, "stop", "-t", "0", "-p", application, machine);

    /// <summary>Ends the programs; the next signal starts each.</summary>
    public Task StopToImaginaryAsync(string application, IReadOnlyList<string> machines, CancellationToken cancellation)
        => CheckedAsync(cancellation, ["stop", "-t", "0", "--to-imaginary", "-p", application, .. machines]);

    public Task StartAsync(string application, string machine, CancellationToken cancellation) => CheckedAsync(cancellation, "start", "-p", application, machine);

    public Task RestartAsync(string application, string machine, CancellationToken cancellation) => CheckedAsync(cancellation, "restart", "-p", application, machine);

    /// <summary>Makes the node the first of a cluster.</summary>
    public Task InitAsync(string address, CancellationToken cancellation) => CheckedAsync(cancellation, "node", "init", "--address", address);

    public async Task<string> TokenAsync(CancellationToken cancellation) => (await CheckedAsync(cancellation, "node", "token", "-q")).Trim();

    public Task JoinAsync(string first, string token, string address, CancellationToken cancellation) => CheckedAsync(cancellation, "node", "join", first, token, "--address", address);

    public Task MigrateAsync(string application, string machine, string target, string mode, CancellationToken cancellation) => CheckedAsync(cancellation, "migrate", "-p", application, "--mode", mode, machine, target);

    public Task<Outcome> TryMigrateAsync(string application, string machine, string target, CancellationToken cancellation)
        => Command.RunAsync([.. _program, "migrate", "-p", application, machine, target], node.Environment, cancellation);

    public Task MigrateAllAsync(string application, string target, CancellationToken cancellation) => CheckedAsync(cancellation, "migrate", "-p", application, "--all", target);

    private Task<string> CheckedAsync(CancellationToken cancellation, params string[] words) => Command.CheckedAsync([.. _program, .. words], node.Environment, cancellation);
}
