using Figment.Images.Manifests;
using Figment.Images.Store;
using Figment.Linux.Trees;

namespace Figment.Images.Archives;

/// <summary>Loads what <c>docker save</c>, skopeo, umoci, buildah and others write: an archive of Docker's, or an OCI layout as a folder or tar.</summary>
internal sealed class ArchiveLoader(StoreFolders folders, ImageInstaller installer, ImageLimits limits)
{
    private const string FullNameAnnotation = "io.containerd.image.name";
    private const string ReferenceAnnotation = "org.opencontainers.image.ref.name";

    /// <summary>The ids of the images and the names that the archive gives each.</summary>
    public async Task<IReadOnlyList<(string Id, IReadOnlyList<ImageReference> Names)>> LoadAsync(string path, LoadOptions options, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
        {
            using var folder = TreeFolder.Open(path);
            return await LoadAsync(folder, $"image layout {path}", options, cancellation).ConfigureAwait(false);
        }

        if (!File.Exists(path))
        {
            throw new ImageException(ImageErrorKind.NotFound, $"archive {path}", "there is no such file or folder", "Name an archive of docker save or an OCI layout");
        }

        using var archive = await Task.Run(() => ArchiveFolder.Unpack(folders, path, limits, cancellation), cancellation).ConfigureAwait(false);
        return await LoadAsync(archive.Folder, $"archive {path}", options, cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<(string Id, IReadOnlyList<ImageReference> Names)>> LoadAsync(TreeFolder folder, string subject, LoadOptions options, CancellationToken cancellation)
    {
        var source = new FolderSource(folder, subject, limits);
        var reader = new ManifestReader(subject, limits);

        // Newer versions of docker save write both; its own manifest knows the full names.
        if (await source.ReadFileAsync("manifest.json", limits.ManifestBytesMax, cancellation).ConfigureAwait(false) is { } saved)
        {
            return await LoadSavedAsync(source, reader, saved, options, cancellation).ConfigureAwait(false);
        }

        byte[] layout = await source.ReadFileAsync("oci-layout", limits.ManifestBytesMax, cancellation).ConfigureAwait(false)
            ?? throw new ImageException(ImageErrorKind.UnsupportedMedia, subject, "it has neither manifest.json nor oci-layout", "Name an archive of docker save or an OCI layout");
        string? version = reader.Parse(layout, ManifestJson.Default.LayoutDocument, "oci-layout").ImageLayoutVersion;
        if (version != "1.0.0")
        {
            throw new ImageException(ImageErrorKind.UnsupportedMedia, subject, $"its layout has version {version}, not 1.0.0", "Export the image again");
        }

        byte[] index = await source.ReadFileAsync("index.json", limits.ManifestBytesMax, cancellation).ConfigureAwait(false) ?? throw reader.Corrupt("it has no index.json");
        return await LoadLayoutAsync(source, reader, index, options, cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<(string Id, IReadOnlyList<ImageReference> Names)>> LoadLayoutAsync(
        FolderSource source, ManifestReader reader, byte[] content, LoadOptions options, CancellationToken cancellation)
    {
        var index = reader.Read(content, MediaTypes.OciIndex);
        var entries = index.Manifests?.OfType<BlobDescriptor>().ToList() ?? throw reader.Corrupt("its index.json has no manifests");
        var platform = options.Platform ?? ImagePlatform.Host;
        var loaded = new List<(string Id, IReadOnlyList<ImageReference> Names)>();

        // Entries side by side are either different images or one image for different platforms.
        var wanted = entries.Where(entry => entry.Platform?.ToPlatform() is not { } offered || platform.Accepts(offered)).ToList();
        foreach (var entry in wanted.Count > 0 ? wanted : [reader.Choose(index, platform)])
        {
            var (manifest, bytes) = await ResolveAsync(source, reader, entry, platform, 0, cancellation).ConfigureAwait(false);
            string id = await installer.InstallAsync(source, manifest, bytes, platform, options.Progress, cancellation).ConfigureAwait(false);
            loaded.Add((id, NamesOf(entry, options)));
        }

        return loaded;
    }

    private async Task<(ManifestDocument Manifest, byte[] Content)> ResolveAsync(
        FolderSource source, ManifestReader reader, BlobDescriptor entry, ImagePlatform platform, int depth, CancellationToken cancellation)
    {
        if (depth > limits.IndexDepthMax || !Digests.IsValid(entry.Digest))
        {
            throw reader.Corrupt("its index leads to no image");
        }

        byte[] content = await source.ReadAsync(entry, cancellation).ConfigureAwait(false);
        var manifest = reader.Read(content, entry.MediaType);
        return manifest.Manifests is null
            ? (manifest, content)
            : await ResolveAsync(source, reader, reader.Choose(manifest, platform), platform, depth + 1, cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<(string Id, IReadOnlyList<ImageReference> Names)>> LoadSavedAsync(
        FolderSource source, ManifestReader reader, byte[] content, LoadOptions options, CancellationToken cancellation)
    {
        var loaded = new List<(string Id, IReadOnlyList<ImageReference> Names)>();
        foreach (var image in reader.Parse(content, ManifestJson.Default.IReadOnlyListSavedImageDocument, "manifest.json"))
        {
            if (image?.Config is null || image.Layers is null || image.Layers.Contains(null))
            {
                throw reader.Corrupt("its manifest.json has an image without config or layers");
            }

            if (image.Layers.Count > limits.LayersMax)
            {
                throw new ImageException(ImageErrorKind.TooLarge, source.Subject, $"it has {image.Layers.Count} layers; the limit is {limits.LayersMax}", "Build it with fewer layers");
            }

            byte[] config = await source.ReadFileAsync(image.Config, limits.ConfigBytesMax, cancellation).ConfigureAwait(false)
                ?? throw reader.Corrupt($"it has no file {image.Config}");
            var manifest = ManifestOf(source, reader, image, config);
            string id = await installer.InstallAsync(source, manifest, null, options.Platform ?? ImagePlatform.Host, options.Progress, cancellation).ConfigureAwait(false);
            loaded.Add((id, [.. (image.RepoTags ?? []).OfType<string>().Select(name => ImageReference.TryParse(name, out var parsed, out _) ? parsed : null).OfType<ImageReference>()]));
        }

        return loaded;
    }

    /// <summary>What a manifest would say, with the diff ids for the layers' digests: such an archive names no other.</summary>
    private static ManifestDocument ManifestOf(FolderSource source, ManifestReader reader, SavedImageDocument image, byte[] config)
    {
        string id = Digests.OfContent(config);
        source.Place(id, image.Config!);
        var document = reader.Parse(config, ManifestJson.Default.ConfigDocument, "configuration");
        var diffIds = ConfigReader.DiffIds(document, image.Layers!.Count, reader);
        var layers = new List<BlobDescriptor>();
        foreach (var (path, diffId) in image.Layers.Zip(diffIds))
        {
            source.Place(diffId, path!);
            layers.Add(new BlobDescriptor { Digest = diffId });
        }

        return new ManifestDocument { Config = new BlobDescriptor { Digest = id, Size = config.Length }, Layers = layers };
    }

    private static IReadOnlyList<ImageReference> NamesOf(BlobDescriptor entry, LoadOptions options)
    {
        string? name = entry.Annotations?.GetValueOrDefault(FullNameAnnotation) ?? entry.Annotations?.GetValueOrDefault(ReferenceAnnotation);
        if (name is not null && !name.Contains('/', StringComparison.Ordinal) && !name.Contains(':', StringComparison.Ordinal))
        {
            name = options.Repository is null ? null : $"{options.Repository}:{name}";
        }

        name ??= options.Repository;
        return name is not null && ImageReference.TryParse(name, out var reference, out _) ? [reference] : [];
    }
}
