using Figment.Images.Manifests;
using Figment.Images.Store;

namespace Figment.Images.Registry;

/// <summary>An image in a registry.</summary>
internal sealed class RegistrySource(RegistryClient client, BlobDownload download, StoreFolders folders, ImageReference reference, ImageLimits limits) : ImageSource
{
    private const int BufferBytes = 64 * 1024;

    public override string Subject => $"image {reference}";

    /// <summary>The manifest of one image, by way of an index where there is one.</summary>
    public async Task<(ManifestDocument Manifest, byte[] Content)> ResolveAsync(ImagePlatform platform, CancellationToken cancellation)
    {
        var reader = new ManifestReader(Subject, limits);
        string wanted = reference.Digest ?? reference.Tag!;
        for (int depth = 0; depth <= limits.IndexDepthMax; depth++)
        {
            var (content, type) = await client.GetManifestAsync(wanted, cancellation).ConfigureAwait(false);
            var manifest = reader.Read(content, type);
            if (manifest.Manifests is null)
            {
                return (manifest, content);
            }

            wanted = reader.Choose(manifest, platform).Digest!;
        }

        throw reader.Corrupt($"its index leads through more than {limits.IndexDepthMax} others");
    }

    public override async Task<byte[]> ReadAsync(BlobDescriptor blob, CancellationToken cancellation)
    {
        string path = folders.Blob(blob.Digest!);
        if (File.Exists(path) && new FileInfo(path).Length <= limits.ConfigBytesMax)
        {
            byte[] stored = await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
            if (Digests.OfContent(stored) == blob.Digest)
            {
                return stored;
            }
        }

        return await client.GetBlobAsync(blob, limits.ConfigBytesMax, cancellation).ConfigureAwait(false);
    }

    public override async Task<Stream> OpenLayerAsync(BlobDescriptor layer, CancellationToken cancellation)
    {
        string path = await download.EnsureAsync(layer, cancellation).ConfigureAwait(false);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferBytes);
    }

    public override void Release(BlobDescriptor layer) => File.Delete(folders.Blob(layer.Digest!));
}
