using System.Diagnostics;
using Figment.Api.Contract;
using Figment.Model.Specs;
using Figment.Node.Errors;
using Figment.Node.Images;

namespace Figment.Node.Builds;

/// <summary>Builds images with buildah, and takes the result into the image store as an OCI archive.</summary>
public sealed class ImageBuilder(NodeOptions options, IImages images)
{
    private const string Buildah = "buildah";
    private const int LastLinesMax = 20;

    /// <exception cref="NodeException">buildah is missing, or the build failed; the message has its last lines.</exception>
    public async Task<ImageFacts> BuildAsync(BuildSpec build, string reference, IProgress<ProgressLine> progress, CancellationToken cancellation)
    {
        if (!IsInstalled())
        {
            throw new NodeException(ErrorCode.Failed, $"image {reference} must be built from {build.Context}, and {Buildah} is not installed on this node", "apt install buildah, or push the image to a registry and name it under image:");
        }

        string folder = Directory.CreateTempSubdirectory("figment-build-").FullName;
        try
        {
            await RunAsync(reference, Arguments(build, reference, folder), progress, cancellation).ConfigureAwait(false);
            string archive = Path.Combine(folder, "image.tar");
            await RunAsync(reference, ["push", reference, $"oci-archive:{archive}:{reference}"], progress, cancellation).ConfigureAwait(false);
            var loaded = await images.LoadAsync(new LoadRequest { Path = archive, Reference = reference }, progress, cancellation).ConfigureAwait(false);
            return loaded.Count > 0 ? loaded[0] : throw new NodeException(ErrorCode.Failed, $"what {Buildah} built for {reference} holds no image");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static IReadOnlyList<string> Arguments(BuildSpec build, string reference, string folder)
    {
        var arguments = new List<string> { "bud", "--layers", "--tag", reference };
        foreach (string tag in build.Tags)
        {
            arguments.AddRange(["--tag", tag]);
        }

        foreach (var (name, value) in build.Args)
        {
            arguments.AddRange(["--build-arg", value is null ? name : $"{name}={value}"]);
        }

        if (build.Target is { } target)
        {
            arguments.AddRange(["--target", target]);
        }

        if (build.DockerfileInline is { } inline)
        {
            string file = Path.Combine(folder, "Dockerfile");
            File.WriteAllText(file, inline);
            arguments.AddRange(["--file", file]);
        }
        else
        {
            arguments.AddRange(["--file", Path.GetFullPath(build.Dockerfile ?? "Dockerfile", build.Context)]);
        }

        arguments.Add(build.Context);
        return arguments;
    }

    internal static bool IsInstalled() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':').Any(folder => File.Exists(Path.Combine(folder, Buildah)));

    private async Task RunAsync(string reference, IReadOnlyList<string> arguments, IProgress<ProgressLine> progress, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(Buildah, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = options.Places.StateDirectory,
        })!;
        process.StandardInput.Close();
        var last = new Queue<string>();
        try
        {
            await Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError)).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new NodeException(ErrorCode.Failed, $"{Buildah} {arguments[0]} of {reference} ended with code {process.ExitCode}: {string.Join(" | ", last)}");
        }

        async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                lock (last)
                {
                    last.Enqueue(line);
                    while (last.Count > LastLinesMax)
                    {
                        last.Dequeue();
                    }
                }

                progress.Report(new ProgressLine { Subject = $"image {reference}", Status = line });
            }
        }
    }
}
