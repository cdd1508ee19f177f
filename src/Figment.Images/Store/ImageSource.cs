using Figment.Images.Manifests;

namespace Figment.Images.Store;

/// <summary>Where an image's blobs come from. One object serves one image; calls for different blobs may run at the same time.</summary>
internal abstract class ImageSource
{
    /// <summary>For messages: the reference, or the archive's path.</summary>
    public abstract string Subject { get; }

    /// <summary>A small blob, its digest verified.</summary>
    public abstract Task<byte[]> ReadAsync(BlobDescriptor blob, CancellationToken cancellation);

    /// <summary>A layer as it is stored, its digest verified if it has one; seekable, at its start.</summary>
    public abstract Task<Stream> OpenLayerAsync(BlobDescriptor layer, CancellationToken cancellation);

    /// <summary>The layer is unpacked: its stored form is not needed any more.</summary>
    public abstract void Release(BlobDescriptor layer);
}
