using Figment.Api.Contract;
using Figment.Images;
using Figment.Model.Specs;
using Figment.Node.Errors;

namespace Figment.Node.Images;

/// <summary>The node's images in an <see cref="ImageStore"/>.</summary>
public sealed class StoredImages(ImageStore store) : IImages
{
    /// <summary>Where <c>docker login</c> keeps credentials of the user the daemon runs as.</summary>
    private static readonly string CredentialsFile = Path.Combine(
        Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } folder
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker"),
        "config.json");

    public ImageFacts? Find(string reference, string? platform)
    {
        var image = store.Find(reference);
        return image is null || (platform is not null && Platform(platform) is { } wanted && !Fits(image.Config, wanted)) ? null : Facts(image);
    }

    public async Task<ImageFacts> PullAsync(PullRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation)
    {
        var reference = Reference(request.Reference);
        var options = new PullOptions
        {
            Platform = request.Platform is null ? null : Platform(request.Platform),
            Credentials = request.Username is { } user ? new RegistryCredentials(user, request.Password ?? "") : Stored(reference.Registry),
            InsecureRegistries = [.. request.InsecureRegistries],
            Progress = new LayerProgress($"image {reference.ShortName}", progress),
        };
        return await RunAsync(async () => Facts(await store.PullAsync(reference, options, cancellation)));
    }

    public async Task<IReadOnlyList<ImageFacts>> LoadAsync(LoadRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation)
    {
        var name = request.Reference is null ? null : Reference(request.Reference);
        var options = new LoadOptions { Progress = new LayerProgress($"archive {Path.GetFileName(request.Path)}", progress) };
        return await RunAsync<IReadOnlyList<ImageFacts>>(async () =>
        {
            var images = await store.LoadAsync(request.Path, options, cancellation);
            if (name is not null && images is [var image, ..])
            {
                store.Tag(image.Id, name);
                images = [store.Find(name) ?? image, .. images.Skip(1)];
            }

            return [.. images.Select(Facts)];
        });
    }

    public IReadOnlyList<ImageFacts> List() => [.. store.List().Select(Facts)];

    public bool Untag(string reference) => store.Untag(Reference(reference));

    public PruneView CollectGarbage(IReadOnlySet<string> layersInUse)
    {
        var report = store.CollectGarbage(layersInUse);
        return report.Busy
            ? throw new NodeException(ErrorCode.Conflict, "images are being pulled or loaded; nothing was removed", "figment image prune, when they are here")
            : new PruneView { Images = report.ImagesRemoved.Count, Layers = report.LayersRemoved, FreedBytes = report.BytesFreed };
    }

    private static async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (ImageException failure)
        {
            throw new NodeException(failure.Kind == ImageErrorKind.NotFound ? ErrorCode.NotFound : ErrorCode.Failed, $"{failure.Subject}: {failure.Why}", failure.Next, failure);
        }
    }

    private static ImageReference Reference(string text) =>
        ImageReference.TryParse(text, out var reference, out string? error)
            ? reference
            : throw new NodeException(ErrorCode.InvalidRequest, error, "write it as registry/repository:tag or repository@sha256:...");

    private static ImagePlatform Platform(string text) =>
        ImagePlatform.TryParse(text) ?? throw new NodeException(ErrorCode.InvalidRequest, $"'{text}' is not a platform", "write it as linux/amd64");

    private static bool Fits(ImageConfig config, ImagePlatform wanted) => config.Os == wanted.Os && config.Architecture == wanted.Architecture;

    private static RegistryCredentials? Stored(string registry)
    {
        try
        {
            return File.Exists(CredentialsFile) ? DockerCredentials.Parse(File.ReadAllBytes(CredentialsFile)).Find(registry) : null;
        }
        catch (ImageException failure)
        {
            throw new NodeException(ErrorCode.Failed, $"{CredentialsFile}: {failure.Why}", "mend or remove the file", failure);
        }
    }

    private static ImageFacts Facts(StoredImage image) => new()
    {
        Id = image.Id,
        References = [.. image.References.Select(reference => reference.ShortName)],
        Platform = $"{image.Config.Os}/{image.Config.Architecture}",
        SizeBytes = image.SizeBytes,
        Created = image.Config.Created,
        LayerDirectories = image.LayerDirectories,
        Environment = image.Config.Env,
        Entrypoint = image.Config.Entrypoint,
        Command = image.Config.Cmd,
        WorkingDirectory = image.Config.WorkingDir.Length == 0 ? null : image.Config.WorkingDir,
        User = image.Config.User.Length == 0 ? null : image.Config.User,
        ExposedPorts = [.. image.Config.ExposedPorts.Select(port => new PortSpec(port.Port, port.Protocol))],
        Volumes = image.Config.Volumes,
        StopSignal = image.Config.StopSignal,
        Labels = image.Config.Labels,
        HealthCheck = image.Config.HealthCheck,
    };

    private sealed class LayerProgress(string subject, IProgress<ProgressLine> progress) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => progress.Report(new ProgressLine
        {
            Subject = $"{subject} {value.Digest[..Math.Min(value.Digest.Length, "sha256:".Length + 12)]}",
            Status = value.Phase switch
            {
                PullPhase.Present => "present",
                PullPhase.Downloading => "downloading",
                PullPhase.Unpacking => "unpacking",
                _ => "done",
            },
            Current = value.Bytes,
            Total = value.Total,
        });
    }
}
