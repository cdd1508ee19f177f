namespace Figment.Images.Store;

/// <summary>Where things are in the store's folder (docs/images.md).</summary>
internal sealed class StoreFolders
{
    private const string CurrentVersion = "1";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public StoreFolders(string root)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("images are unpacked with calls of Linux");
        }

        Root = Path.GetFullPath(root);
        foreach (string folder in (string[])[Root, Blobs, Layers, Images, Partial, Staging, Locks])
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }

        string version = Path.Combine(Root, "version");
        if (!File.Exists(version))
        {
            AtomicFile.Write(this, version, "1\n"u8);
        }

        string found = File.ReadAllText(version).Trim();
        if (found != CurrentVersion)
        {
            throw new ImageException(ImageErrorKind.Storage, $"image store {Root}", $"it has version \"{found}\"; this program knows {CurrentVersion}", "Use the newer program, or another folder");
        }
    }

    public string Root { get; }

    /// <summary>Manifests, configurations, and layers until they are unpacked, each named by its sha256.</summary>
    public string Blobs => Path.Combine(Root, "blobs", "sha256");

    /// <summary>Unpacked layers, each named by its diff id, with <c>.json</c> beside.</summary>
    public string Layers => Path.Combine(Root, "layers");

    public string Images => Path.Combine(Root, "images");

    /// <summary>Downloads not complete yet.</summary>
    public string Partial => Path.Combine(Root, "partial");

    /// <summary>What is being made or removed. Whatever is here without a lock on the store is a leftover.</summary>
    public string Staging => Path.Combine(Root, "staging");

    public string Locks => Path.Combine(Root, "locks");

    public string References => Path.Combine(Root, "references.json");

    public string Blob(string digest) => Path.Combine(Blobs, Digests.Hex(digest));

    public string Layer(string diffId) => Path.Combine(Layers, Digests.Hex(diffId));

    public string LayerRecord(string diffId) => Layer(diffId) + ".json";

    public string Image(string id) => Path.Combine(Images, Digests.Hex(id) + ".json");
}
