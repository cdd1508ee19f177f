using System.Text.Json;
using Figment.Images.Archives;
using Figment.Images.Manifests;
using Figment.Images.Registry;
using Figment.Images.Store;

namespace Figment.Images;

/// <summary>
/// Images in one folder of the node: pulled from registries or loaded from archives, unpacked, ready as lower folders of an overlay. Safe for any number of threads and
/// processes; a crash or a loss of power leaves nothing half done. Errors are <see cref="ImageException"/>.
/// </summary>
public sealed class ImageStore
{
    private const int IdPrefixLengthMin = 4;

    private readonly StoreFolders _folders;
    private readonly StoreLocks _locks;
    private readonly LayerStore _layers;
    private readonly ReferenceFile _references;
    private readonly ImageInstaller _installer;
    private readonly ImageLimits _limits;
    private readonly RetrySettings _retries;
    private readonly TimeProvider _time;

    public ImageStore(string folder, TimeProvider time)
        : this(folder, time, new ImageLimits())
    {
    }

    public ImageStore(string folder, TimeProvider time, ImageLimits limits)
        : this(folder, time, limits, new RetrySettings())
    {
    }

    internal ImageStore(string folder, TimeProvider time, ImageLimits limits, RetrySettings retries)
    {
        try
        {
            _folders = new StoreFolders(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Translate(failure, $"image store {folder}", folder, null);
        }

        (_limits, _retries, _time) = (limits, retries, time);
        _locks = new StoreLocks(_folders, time);
        _layers = new LayerStore(_folders, limits);
        _references = new ReferenceFile(_folders, _locks);
        _installer = new ImageInstaller(_folders, _locks, _layers, limits, time);
    }

    /// <summary>
    /// Asks the registry what the reference is now and brings it into the store; what is there already does not come again. When it returns the image is complete and
    /// the reference leads to it.
    /// </summary>
    public Task<StoredImage> PullAsync(ImageReference reference, PullOptions options, CancellationToken cancellation) =>
        OnStoreAsync($"image {reference}", () => PullInUseAsync(reference, options, cancellation));

    /// <summary>Loads all images of an archive of <c>docker save</c> or an OCI layout (a folder, or a tar of it; plain, gzip or zstd).</summary>
    public Task<IReadOnlyList<StoredImage>> LoadAsync(string path, LoadOptions options, CancellationToken cancellation) =>
        OnStoreAsync($"archive {path}", () => LoadInUseAsync(path, options, cancellation));

    /// <summary>The image that a reference leads to; one with a digest also finds an image pulled by another name if its manifest is that.</summary>
    public StoredImage? Find(ImageReference reference)
    {
        var references = _references.Read();
        if (references.TryGetValue(reference.ToString(), out string? id))
        {
            return Read(id, references);
        }

        return reference.Digest is null ? null
            : Records().Where(record => record.ManifestDigest == reference.Digest).Select(record => Read(record.Id, references)).FirstOrDefault();
    }

    /// <summary>By a reference as people write it, by id, or by at least four digits that an id begins with. Null if there is none, or more than one.</summary>
    public StoredImage? Find(string name)
    {
        if (ImageReference.TryParse(name, out var reference, out _) && Find(reference) is { } named)
        {
            return named;
        }

        string hex = name.StartsWith(Digests.Prefix, StringComparison.Ordinal) ? name[Digests.Prefix.Length..] : name;
        if (hex.Length < IdPrefixLengthMin)
        {
            return null;
        }

        var references = _references.Read();
        return Records().Where(record => record.Id.StartsWith(Digests.Prefix + hex, StringComparison.Ordinal)).Take(2).ToList() is [var only] ? Read(only.Id, references) : null;
    }

    /// <summary>All images, by id.</summary>
    public IReadOnlyList<StoredImage> List()
    {
        var references = _references.Read();
        return [.. Records().Select(record => Read(record.Id, references)).OfType<StoredImage>().OrderBy(image => image.Id, StringComparer.Ordinal)];
    }

    /// <summary>Makes a reference lead to an image, wherever it led before.</summary>
    public void Tag(string imageId, ImageReference reference)
    {
        if (!Digests.IsValid(imageId) || !File.Exists(_folders.Image(imageId)))
        {
            throw new ImageException(ImageErrorKind.NotFound, $"image {imageId}", "there is no such image in the store", "Pull or load it first");
        }

        Name(imageId, [reference]);
    }

    /// <summary>False if the reference led nowhere. The image stays until garbage is collected.</summary>
    public bool Untag(ImageReference reference) => OnStore($"reference {reference}", () => _references.Change(map => map.Remove(reference.ToString())));

    /// <summary>
    /// Removes images that no reference leads to, layers of no image, leftovers of crashes, and downloads that were cut a day ago. <paramref name="layersInUse"/> are
    /// folders (<see cref="StoredImage.LayerDirectories"/>) that machines have mounted or will mount: they stay. Does nothing while a pull or load is under way.
    /// </summary>
    public GarbageReport CollectGarbage(IReadOnlySet<string> layersInUse)
    {
        using var owned = _locks.TryOwnStore();
        return owned is null
            ? new GarbageReport { Busy = true }
            : OnStore("garbage", () => new GarbageCollector(_folders, _time).Collect([.. Records()], _references.Read().Values.ToHashSet(), layersInUse));
    }

    private async Task<StoredImage> PullInUseAsync(ImageReference reference, PullOptions options, CancellationToken cancellation)
    {
        using var use = await _locks.UseStoreAsync(cancellation).ConfigureAwait(false);
        using var client = new RegistryClient(reference, options, _retries, _limits, _time);
        var download = new BlobDownload(client, _folders, _locks, _retries, _time, options.Progress, $"image {reference}");
        var source = new RegistrySource(client, download, _folders, reference, _limits);
        var platform = options.Platform ?? ImagePlatform.Host;
        var (manifest, content) = await source.ResolveAsync(platform, cancellation).ConfigureAwait(false);
        string id = await _installer.InstallAsync(source, manifest, content, platform, options.Progress, cancellation).ConfigureAwait(false);
        Name(id, [reference]);
        return Find(id) ?? throw new InvalidOperationException($"image {id} vanished while the store was in use");
    }

    private async Task<IReadOnlyList<StoredImage>> LoadInUseAsync(string path, LoadOptions options, CancellationToken cancellation)
    {
        using var use = await _locks.UseStoreAsync(cancellation).ConfigureAwait(false);
        var loader = new ArchiveLoader(_folders, _installer, _limits);
        var loaded = await loader.LoadAsync(path, options, cancellation).ConfigureAwait(false);
        foreach (var (id, names) in loaded)
        {
            Name(id, names);
        }

        return [.. loaded.Select(image => image.Id).Distinct().Select(id => Find(id)!)];
    }

    private void Name(string id, IReadOnlyList<ImageReference> names)
    {
        if (names.Count > 0)
        {
            OnStore($"image {id}", () => _references.Change(map =>
            {
                foreach (var name in names)
                {
                    map[name.ToString()] = id;
                }

                return true;
            }));
        }
    }

    private T OnStore<T>(string subject, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Translate(failure, subject, _folders.Root, null);
        }
    }

    /// <summary>The last net: what the parts below did not translate, having more to say, is a failure of the store's file system.</summary>
    private async Task<T> OnStoreAsync<T>(string subject, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Translate(failure, subject, _folders.Root, null);
        }
    }

    private IEnumerable<ImageRecord> Records()
    {
        foreach (string file in Directory.GetFiles(_folders.Images, "*.json"))
        {
            if (ReadRecord(file) is { } record)
            {
                yield return record;
            }
        }
    }

    /// <summary>Null if it was collected since it was listed.</summary>
    private static ImageRecord? ReadRecord(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), StoreJson.Default.ImageRecord);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException broken)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"image record {file}", $"it cannot be read ({broken.Message})", "Remove it and pull the image again", broken);
        }
    }

    private StoredImage? Read(string id, SortedDictionary<string, string> references)
    {
        try
        {
            return ReadRecord(_folders.Image(id)) is { } record ? Read(record, references) : null;
        }
        catch (FileNotFoundException)
        {
            // Collected while it was read.
            return null;
        }
    }

    private StoredImage Read(ImageRecord record, SortedDictionary<string, string> references)
    {
        string id = record.Id;
        var reader = new ManifestReader($"image {id}", _limits);
        var document = reader.Parse(File.ReadAllBytes(_folders.Blob(id)), ManifestJson.Default.ConfigDocument, "configuration");

        // Topmost first. Of equal layers the topmost alone counts: it covers whatever the lower one did. overlayfs refuses a folder named twice.
        var layers = record.DiffIds.Reverse().Distinct().ToList();
        return new StoredImage
        {
            Id = id,
            ManifestDigest = record.ManifestDigest,
            References = [.. references.Where(pair => pair.Value == id).Select(pair => ImageReference.TryParse(pair.Key, out var reference, out _) ? reference : null).OfType<ImageReference>()],
            Config = ConfigReader.Convert(document, reader),
            LayerDirectories = [.. layers.Select(_folders.Layer)],
            SizeBytes = layers.Sum(_layers.BytesOf),
        };
    }
}
