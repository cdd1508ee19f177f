using System.Text;
using System.Text.Json;
using Figment.Images.Layers;
using Figment.Linux.Errors;
using Figment.Linux.Trees;

namespace Figment.Images.Store;

/// <summary>Unpacked layers, each in a folder named by its diff id, there whole or not at all.</summary>
internal sealed class LayerStore(StoreFolders folders, ImageLimits limits)
{
    private const int RootMode = 0x1ED;

    public bool Has(string diffId) => Directory.Exists(folders.Layer(diffId));

    public long BytesOf(string diffId) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(folders.LayerRecord(diffId)), StoreJson.Default.LayerRecord)!.Bytes;

    /// <summary>Unpacks; the caller holds the layer's lock. The diff id is compared at the end, before anyone can see the folder. The work is synchronous; how far the stored form was read is reported on the way.</summary>
    public void Unpack(Stream stored, string diffId, LayerFaults faults, UnpackBudget budget, Action<long>? report, CancellationToken cancellation)
    {
        string aside = AtomicFile.NewStagingPath(folders);
        using var staging = TreeFolder.Open(folders.Staging);
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(aside));
        using var unpacked = new LayerStream(stored, budget, limits, faults, cancellation) { Report = report };
        try
        {
            int entries = UnpackInto(staging, name, unpacked, faults);
            string found = unpacked.FinishDigest();
            if (found != diffId)
            {
                throw new ImageException(ImageErrorKind.DigestMismatch, faults.Subject, $"its content is {found}, but the image's configuration says {diffId}", "Pull it again; if that fails the image was pushed damaged");
            }

            var record = new LayerRecord { Bytes = unpacked.UnpackedBytes, Entries = entries };
            AtomicFile.Write(folders, folders.LayerRecord(diffId), JsonSerializer.SerializeToUtf8Bytes(record, StoreJson.Default.LayerRecord));
            Directory.Move(aside, folders.Layer(diffId));
            AtomicFile.SyncFolder(folders.Layers);
        }
        catch (IOException failure)
        {
            Discard(staging, name);
            throw StoreFaults.Translate(failure, faults.Subject, folders.Root, StoreFaults.IsFull(failure) ? BytesNeeded(unpacked) : null);
        }
        catch
        {
            Discard(staging, name);
            throw;
        }
    }

    private int UnpackInto(TreeFolder staging, byte[] name, LayerStream unpacked, LayerFaults faults)
    {
        Check(staging.MakeFolder(name, RootMode), "mkdirat(2)");
        using var root = staging.TryOpenChild(name, out var error);
        Check(error, "openat(2)");
        Check(TreeFile.SetMode(root!.Descriptor, RootMode), "fchmod(2)");
        var tar = new TarReader(unpacked, limits, faults);
        using (var unpacker = new LayerUnpacker(root, limits, faults, whiteouts: true))
        {
            unpacker.Unpack(tar);
        }

        unpacked.Drain();

        // The folder is renamed into its place next: a loss of power must not leave it there with empty files.
        Check(TreeFile.SyncFileSystem(root.Descriptor), "syncfs(2)");
        return tar.Entries;
    }

    /// <summary>Reads the rest only to tell how much the layer needs; if the rest is bad, what came so far is the best answer.</summary>
    private static long BytesNeeded(LayerStream unpacked)
    {
        try
        {
            unpacked.Drain();
        }
        catch (ImageException)
        {
            return unpacked.UnpackedBytes;
        }

        return unpacked.UnpackedBytes;
    }

    private static void Discard(TreeFolder staging, byte[] name) => TreeRemoval.Remove(staging, name);

    private void Check(Errno error, string call)
    {
        if (error != Errno.None)
        {
            throw new LinuxException(error, call, folders.Staging);
        }
    }
}
