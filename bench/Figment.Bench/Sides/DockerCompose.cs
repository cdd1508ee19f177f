using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>The second version of Docker's compose: the node's, if it has it, else that of a later Debian, which is put into artifacts.</summary>
internal sealed class DockerCompose
{
    private static readonly TimeSpan UpLimit = TimeSpan.FromMinutes(3);
    private readonly string _program;

    private DockerCompose(string program) => _program = program;

    public static async Task<DockerCompose> FindAsync(CancellationToken cancellation)
    {
        string folder = Path.Combine(Repository.Root, "artifacts", "docker-compose");
        return new DockerCompose((await Command.CheckedAsync([Path.Combine(BenchProgram.FilesFolder, "docker-compose.sh"), folder], null, cancellation)).Trim());
    }

    public Task RunAsync(DockerDaemon docker, string project, IReadOnlyList<string> files, IReadOnlyList<string> words, CancellationToken cancellation, IReadOnlyDictionary<string, string>? variables = null)
        => Command.CheckedAsync(
            [_program, "--project-name", project, .. files.SelectMany(file => new[] { "--file", file }), .. words],
            new Dictionary<string, string>(variables ?? new Dictionary<string, string>()) { ["DOCKER_HOST"] = docker.Endpoint },
            cancellation,
            UpLimit);
}
