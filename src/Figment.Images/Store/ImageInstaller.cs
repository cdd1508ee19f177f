using System.Text.Json;
using Figment.Images.Layers;
using Figment.Images.Manifests;

namespace Figment.Images.Store;

/// <summary>Brings one image from a source into the store: configuration, layers side by side, then the record. The caller holds the store in use.</summary>
internal sealed class ImageInstaller(StoreFolders folders, StoreLocks locks, LayerStore layers, ImageLimits limits, TimeProvider time)
{
    // Docker's number: more gains nothing on one link.
    private const int LayersAtOnceMax = 3;

    // Unpacking is work for processor and disk; two keep both busy on small machines and leave the rest to the machines that run.
    private const int UnpackingAtOnceMax = 2;

    private static readonly SemaphoreSlim Unpacking = new(UnpackingAtOnceMax);

    /// <summary>Returns the image's id. <paramref name="manifestBytes"/> is null for an image without manifest.</summary>
    public async Task<string> InstallAsync(
        ImageSource source, ManifestDocument manifest, byte[]? manifestBytes, ImagePlatform platform, IProgress<PullProgress>? progress, CancellationToken cancellation)
    {
        var reader = new ManifestReader(source.Subject, limits);
        byte[] config = await source.ReadAsync(manifest.Config!, cancellation).ConfigureAwait(false);
        var document = reader.Parse(config, ManifestJson.Default.ConfigDocument, "configuration");
        var descriptors = manifest.Layers!.OfType<BlobDescriptor>().ToList();
        var diffIds = ConfigReader.DiffIds(document, descriptors.Count, reader);
        _ = ConfigReader.Convert(document, reader);
        CheckPlatform(document, platform, source.Subject);

        await InstallLayersAsync(source, descriptors, diffIds, progress, cancellation).ConfigureAwait(false);
        try
        {
            return WriteRecord(config, manifestBytes, diffIds);
        }
        catch (IOException failure)
        {
            throw StoreFaults.Translate(failure, source.Subject, folders.Root, config.Length);
        }
    }

    private string WriteRecord(byte[] config, byte[]? manifestBytes, IReadOnlyList<string> diffIds)
    {
        string id = Digests.OfContent(config);
        AtomicFile.Write(folders, folders.Blob(id), config);
        if (manifestBytes is not null)
        {
            AtomicFile.Write(folders, folders.Blob(Digests.OfContent(manifestBytes)), manifestBytes);
        }

        var record = new ImageRecord
        {
            Id = id,
            ManifestDigest = manifestBytes is null ? null : Digests.OfContent(manifestBytes),
            DiffIds = diffIds,
            StoredAt = time.GetUtcNow(),
        };
        AtomicFile.Write(folders, folders.Image(id), JsonSerializer.SerializeToUtf8Bytes(record, StoreJson.Default.ImageRecord));
        return id;
    }

    private async Task InstallLayersAsync(
        ImageSource source, List<BlobDescriptor> descriptors, IReadOnlyList<string> diffIds, IProgress<PullProgress>? progress, CancellationToken cancellation)
    {
        var budget = new UnpackBudget(limits.UnpackedBytesPerImageMax);

        // The same layer may be there twice; it is unpacked once.
        var work = descriptors.Zip(diffIds).DistinctBy(pair => pair.Second);
        await Parallel.ForEachAsync(
            work,
            new ParallelOptions { MaxDegreeOfParallelism = LayersAtOnceMax, CancellationToken = cancellation },
            async (pair, inner) => await InstallLayerAsync(source, pair.First, pair.Second, budget, progress, inner).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task InstallLayerAsync(
        ImageSource source, BlobDescriptor layer, string diffId, UnpackBudget budget, IProgress<PullProgress>? progress, CancellationToken cancellation)
    {
        using var turn = await locks.LayerAsync(diffId, cancellation).ConfigureAwait(false);
        if (layers.Has(diffId))
        {
            progress?.Report(new PullProgress(layer.Digest!, PullPhase.Present, layer.Size, layer.Size));
            return;
        }

        var stored = await source.OpenLayerAsync(layer, cancellation).ConfigureAwait(false);
        await using (stored.ConfigureAwait(false))
        {
            await Unpacking.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var faults = new LayerFaults($"layer {layer.Digest} of {source.Subject}");
                void Report(long bytes) => progress?.Report(new PullProgress(layer.Digest!, PullPhase.Unpacking, bytes, layer.Size));
                Report(0);
                await Task.Run(() => layers.Unpack(stored, diffId, faults, budget, Report, cancellation), cancellation).ConfigureAwait(false);
            }
            catch (ImageException failure) when (failure.Kind is not (ImageErrorKind.DiskFull or ImageErrorKind.Storage))
            {
                // It will never be of use: were it kept, a damaged copy would fail every later pull too.
                source.Release(layer);
                throw;
            }
            finally
            {
                Unpacking.Release();
            }
        }

        source.Release(layer);
        progress?.Report(new PullProgress(layer.Digest!, PullPhase.Done, layer.Size, layer.Size));
    }

    private static void CheckPlatform(ConfigDocument document, ImagePlatform wanted, string subject)
    {
        // Tools that make images from scratch may leave these out.
        if (string.IsNullOrEmpty(document.Architecture) || string.IsNullOrEmpty(document.Os))
        {
            return;
        }

        var offered = new ImagePlatform(document.Os, document.Architecture, document.Variant);
        if (!wanted.Accepts(offered with { Variant = null }))
        {
            throw new ImageException(ImageErrorKind.UnsupportedPlatform, subject, $"it is for {offered}, not for {wanted}", "Choose another tag, or another platform");
        }
    }
}
