using System.Globalization;
using Figment.Bench.Sides;

namespace Figment.Bench.Spikes;

/// <summary>The same Compose file under <c>docker compose</c>: with all workers from the start, or with one, and <c>up --scale</c> at the step.</summary>
internal sealed class DockerSpike(DockerDaemon docker, DockerCompose compose, string name, int workers) : ISpikeSide
{
    private readonly string _project = $"{BenchFolder.Tag}-{workers.ToString(CultureInfo.InvariantCulture)}";

    public string Name => name;

    public string FrontAddress { get; private set; } = "";

    public async Task UpAsync(CancellationToken cancellation)
    {
        await ScaleAsync(workers, cancellation);
        FrontAddress = (await docker.RunAsync(cancellation, "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", _project + "-front-1")).Trim();
    }

    /// <summary>Clients are on the bridge itself.</summary>
    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["nsenter", $"--net=/run/netns/{DockerDaemon.NetworkNamespace}", .. command];

    public Task StepAsync(CancellationToken cancellation) => workers == SpikeFiles.Workers ? Task.CompletedTask : ScaleAsync(SpikeFiles.Workers, cancellation);

    public Task DownAsync(CancellationToken cancellation) => ComposeAsync(cancellation, "down", "--volumes", "--timeout", "0");

    private Task ScaleAsync(int count, CancellationToken cancellation) =>
        ComposeAsync(cancellation, "up", "--detach", "--no-recreate", "--scale", FormattableString.Invariant($"web={count}"));

    private Task ComposeAsync(CancellationToken cancellation, params string[] words) => compose.RunAsync(docker, _project, SpikeFiles.Compose("docker"), words, cancellation);
}
