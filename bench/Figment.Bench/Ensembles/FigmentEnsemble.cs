using System.Diagnostics;
using Figment.Api.Contract;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Ensembles;

/// <summary>Machines that start at <c>up</c>, with <c>restart: always</c>.</summary>
internal sealed class FigmentEnsemble(FigmentNode node) : IEnsemble
{
    private const string Client = "client-1";
    private readonly FigmentCommand _command = new(node);
    private readonly string _application = "recovery-" + BenchFolder.Tag;

    public string Name => "figment";

    public IReadOnlyList<string> Members { get; private set; } = [];

    public async Task UpAsync(CancellationToken cancellation)
    {
        await _command.UpAsync(_application, EnsembleFiles.Compose("figment"), new Dictionary<string, string>(), cancellation);
        IReadOnlyList<MachineView> machines = await _command.MachinesAsync(_application, cancellation);
        Members = [.. EnsembleFiles.Services.Select(service => machines.Single(machine => machine.Service == service).Addresses[0].Value)];
    }

    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) =>
        ["nsenter", $"--net={Path.Combine(node.Environment["FIGMENT_RUNTIME_DIR"], "apps", _application, "netns", Client)}", .. command];

    public async Task KillAsync(CancellationToken cancellation)
    {
        MachineView machine = (await _command.MachinesAsync(_application, cancellation)).Single(one => one.Service == EnsembleFiles.Services[0]);
        using var process = Process.GetProcessById(machine.Pid ?? throw new InvalidOperationException($"{machine.Machine} is {machine.State}"));
        process.Kill();
    }

    public Task DownAsync(CancellationToken cancellation) => _command.DownAsync(_application, cancellation);
}
