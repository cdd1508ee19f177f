using System.Text.Json;
using Figment.Linux.Trees;

namespace Figment.Images.Store;

/// <summary>Removes what no reference leads to. The caller owns the store.</summary>
internal sealed class GarbageCollector(StoreFolders folders, TimeProvider time)
{
    // A pull that was cut is often tried again the same day.
    private static readonly TimeSpan PartialAgeMax = TimeSpan.FromDays(1);

    private long _bytesFreed;

    public GarbageReport Collect(IReadOnlyList<ImageRecord> images, IReadOnlySet<string> referencedIds, IReadOnlySet<string> layersInUse)
    {
        var kept = images.Where(image => referencedIds.Contains(image.Id) || IsInUse(image, layersInUse)).ToList();
        var removed = images.Except(kept).Select(image => image.Id).ToList();
        foreach (string id in removed)
        {
            Delete(folders.Image(id));
        }

        var blobs = kept.SelectMany(image => (string?[])[image.Id, image.ManifestDigest]).OfType<string>().Select(Digests.Hex).ToHashSet();
        var layers = kept.SelectMany(image => image.DiffIds).Select(folders.Layer).Concat(layersInUse).ToHashSet();
        int blobsRemoved = RemoveFiles(folders.Blobs, file => !blobs.Contains(file.Name));
        var oldest = time.GetUtcNow() - PartialAgeMax;
        blobsRemoved += RemoveFiles(folders.Partial, file => file.LastWriteTimeUtc < oldest);
        int layersRemoved = RemoveLayers(layers);
        RemoveStaging();
        _ = RemoveFiles(folders.Locks, file => file.Name.StartsWith("layer-", StringComparison.Ordinal) || file.Name.StartsWith("blob-", StringComparison.Ordinal));
        return new GarbageReport { ImagesRemoved = removed, LayersRemoved = layersRemoved, BlobsRemoved = blobsRemoved, BytesFreed = _bytesFreed };
    }

    /// <summary>An image all of whose layers are used is what some machine runs: it may want to read its configuration again.</summary>
    private bool IsInUse(ImageRecord image, IReadOnlySet<string> layersInUse) =>
        image.DiffIds.Count > 0 && image.DiffIds.All(diffId => layersInUse.Contains(folders.Layer(diffId)));

    private int RemoveLayers(HashSet<string> kept)
    {
        int count = 0;
        foreach (var folder in new DirectoryInfo(folders.Layers).EnumerateDirectories())
        {
            if (kept.Contains(folder.FullName))
            {
                continue;
            }

            // Out of its place in one step, so that no half layer is ever seen there.
            Directory.Move(folder.FullName, AtomicFile.NewStagingPath(folders));
            string record = folder.FullName + ".json";
            _bytesFreed += File.Exists(record) ? LayerBytes(record) : 0;
            Delete(record);
            count++;
        }

        return count;
    }

    private static long LayerBytes(string record) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(record), StoreJson.Default.LayerRecord)?.Bytes ?? 0;

    private void RemoveStaging()
    {
        using var staging = TreeFolder.Open(folders.Staging);
        for (var names = staging.ReadNames(); names.Count > 0; names = staging.ReadNames())
        {
            foreach (byte[] name in names)
            {
                TreeRemoval.Remove(staging, name);
            }
        }
    }

    private int RemoveFiles(string folder, Func<FileInfo, bool> isGarbage)
    {
        int count = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(isGarbage).ToList())
        {
            Delete(file.FullName);
            count++;
        }

        return count;
    }

    private void Delete(string path)
    {
        var file = new FileInfo(path);
        if (file.Exists)
        {
            _bytesFreed += file.Length;
            file.Delete();
        }
    }
}
