using Figment.Api.Contract;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Spikes;

/// <summary>The workers are an elastic service: one runs, eleven are imaginary, and nobody says when that is to change.</summary>
internal sealed class FigmentSpike(FigmentNode node) : ISpikeSide
{
    private const string Client = "client-1";
    private readonly FigmentCommand _command = new(node);
    private readonly string _application = "spike-" + BenchFolder.Tag;

    public string Name => "figment";

    public string FrontAddress { get; private set; } = "";

    public async Task UpAsync(CancellationToken cancellation)
    {
        await _command.UpAsync(_application, SpikeFiles.Compose("figment"), new Dictionary<string, string>(), cancellation);
        IReadOnlyList<MachineView> machines = await _command.MachinesAsync(_application, cancellation);
        FrontAddress = machines.Single(machine => machine.Machine == "front-1").Addresses[0].Value;
    }

    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) =>
        ["nsenter", $"--net={Path.Combine(node.Environment["FIGMENT_RUNTIME_DIR"], "apps", _application, "netns", Client)}", .. command];

    public Task StepAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task DownAsync(CancellationToken cancellation) => _command.DownAsync(_application, cancellation);
}
