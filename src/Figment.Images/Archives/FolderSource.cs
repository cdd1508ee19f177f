using System.Security.Cryptography;
using System.Text;
using Figment.Images.Manifests;
using Figment.Images.Store;
using Figment.Linux.Errors;
using Figment.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace Figment.Images.Archives;

/// <summary>Blobs in a folder: an OCI layout, or an archive unpacked into a folder of the store. Files are opened as if the folder were the root.</summary>
internal sealed class FolderSource(TreeFolder folder, string subject, ImageLimits limits) : ImageSource
{
    private const int BufferBytes = 64 * 1024;

    private readonly Dictionary<string, string> _paths = [];

    public override string Subject => subject;

    /// <summary>Says which file is the blob of this name, where it is not the layout's own place for it. Such a blob has no digest to verify: its diff id is verified.</summary>
    public void Place(string digest, string path) => _paths[digest] = path;

    public override async Task<byte[]> ReadAsync(BlobDescriptor blob, CancellationToken cancellation)
    {
        byte[] content = await ReadFileAsync(PathOf(blob), limits.ConfigBytesMax, cancellation).ConfigureAwait(false)
            ?? throw Missing(PathOf(blob));
        string found = Digests.OfContent(content);
        return found == blob.Digest ? content : throw Mismatch(blob, found);
    }

    public override async Task<Stream> OpenLayerAsync(BlobDescriptor layer, CancellationToken cancellation)
    {
        var stream = Open(PathOf(layer)) ?? throw Missing(PathOf(layer));
        try
        {
            if (!_paths.ContainsKey(layer.Digest!))
            {
                string found = Digests.Of(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
                stream.Position = 0;
                if (found != layer.Digest || stream.Length != layer.Size)
                {
                    throw Mismatch(layer, found);
                }
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override void Release(BlobDescriptor layer)
    {
        // The folder is the caller's, or goes as a whole.
    }

    /// <summary>Null if there is no such file.</summary>
    public async Task<byte[]?> ReadFileAsync(string path, long bytesMax, CancellationToken cancellation)
    {
        using var stream = Open(path);
        if (stream is null)
        {
            return null;
        }

        if (stream.Length > bytesMax)
        {
            throw new ImageException(ImageErrorKind.TooLarge, subject, $"its file {path} has {stream.Length} bytes; the limit is {bytesMax}", "Export the image again");
        }

        byte[] content = new byte[stream.Length];
        await stream.ReadExactlyAsync(content, cancellation).ConfigureAwait(false);
        return content;
    }

    private FileStream? Open(string path)
    {
        var file = folder.TryOpenFile(Encoding.UTF8.GetBytes(path), out var error);
        if (file is null)
        {
            return error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP
                ? null
                : throw new ImageException(ImageErrorKind.Storage, subject, $"its file {path} cannot be opened ({error})", "See whether root may read it");
        }

        if (TreeFile.KindOf(file) != TreeEntryKind.File)
        {
            file.Dispose();
            throw new ImageException(ImageErrorKind.Corrupt, subject, $"its {path} is no file", "Export the image again");
        }

        return new FileStream(new SafeFileHandle(file.Release(), ownsHandle: true), FileAccess.Read, BufferBytes);
    }

    private string PathOf(BlobDescriptor blob) => _paths.TryGetValue(blob.Digest!, out string? path) ? path : "blobs/sha256/" + Digests.Hex(blob.Digest!);

    private ImageException Missing(string path) =>
        new(ImageErrorKind.Corrupt, subject, $"it has no file {path}", "Export the image again, with all its blobs");

    private ImageException Mismatch(BlobDescriptor blob, string found) =>
        new(ImageErrorKind.DigestMismatch, subject, $"its blob {blob.Digest} is {found} in truth, or of another size than stated", "Export the image again");
}
