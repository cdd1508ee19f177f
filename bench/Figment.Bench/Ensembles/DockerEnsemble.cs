using System.Diagnostics;
using System.Globalization;
using Figment.Bench.Sides;

namespace Figment.Bench.Ensembles;

/// <summary>Containers with <c>restart: always</c>.</summary>
internal sealed class DockerEnsemble(DockerDaemon docker, DockerCompose compose) : IEnsemble
{
    private readonly string _project = BenchFolder.Tag + "-zoo";

    public string Name => "docker";

    public IReadOnlyList<string> Members { get; private set; } = [];

    public async Task UpAsync(CancellationToken cancellation)
    {
        await ComposeAsync(cancellation, "up", "--detach");
        var members = new List<string>();
        foreach (string service in EnsembleFiles.Services)
        {
            members.Add(await InspectAsync(service, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", cancellation));
        }

        Members = members;
    }

    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["nsenter", $"--net=/run/netns/{DockerDaemon.NetworkNamespace}", .. command];

    /// <summary>The process itself: <c>docker kill</c> would say that it is to stay dead.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        using var process = Process.GetProcessById(int.Parse(await InspectAsync(EnsembleFiles.Services[0], "{{.State.Pid}}", cancellation), CultureInfo.InvariantCulture));
        process.Kill();
    }

    public Task DownAsync(CancellationToken cancellation) => ComposeAsync(cancellation, "down", "--volumes", "--timeout", "0");

    private async Task<string> InspectAsync(string service, string format, CancellationToken cancellation) =>
        (await docker.RunAsync(cancellation, "inspect", "-f", format, $"{_project}-{service}-1")).Trim();

    private Task ComposeAsync(CancellationToken cancellation, params string[] words) =>
        compose.RunAsync(docker, _project, EnsembleFiles.Compose("docker"), words, cancellation, new Dictionary<string, string> { ["JAVA_SETTINGS"] = JavaSettings() });

    /// <summary>Debian keeps the settings of its Java below /etc.</summary>
    private static string JavaSettings() => Directory.GetDirectories("/etc", "java-*-openjdk").Order(StringComparer.Ordinal).First();
}
