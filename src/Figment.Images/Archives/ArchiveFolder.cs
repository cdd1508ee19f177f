using System.Text;
using Figment.Images.Layers;
using Figment.Images.Store;
using Figment.Linux.Errors;
using Figment.Linux.Trees;

namespace Figment.Images.Archives;

/// <summary>An archive unpacked into the staging folder for as long as it is read. Archives link among their files, so they are not read in one go.</summary>
internal sealed class ArchiveFolder : IDisposable
{
    private readonly TreeFolder _staging;
    private readonly byte[] _name;

    private ArchiveFolder(TreeFolder staging, byte[] name, TreeFolder folder) => (_staging, _name, Folder) = (staging, name, folder);

    public TreeFolder Folder { get; }

    public static ArchiveFolder Unpack(StoreFolders folders, string path, ImageLimits limits, CancellationToken cancellation)
    {
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(AtomicFile.NewStagingPath(folders)));
        var staging = TreeFolder.Open(folders.Staging);
        var faults = new LayerFaults($"archive {path}");
        TreeFolder? folder = null;
        try
        {
            const int OwnerOnly = 0x1C0;
            var error = staging.MakeFolder(name, OwnerOnly);
            folder = error == Errno.None ? staging.TryOpenChild(name, out error) : null;
            if (folder is null)
            {
                throw new LinuxException(error, "mkdirat(2)", folders.Staging);
            }

            using var stored = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

            // An archive holds a whole image: the image's limit is the one for it.
            var archiveLimits = limits with { UnpackedBytesPerLayerMax = limits.UnpackedBytesPerImageMax };
            using var unpacked = new LayerStream(stored, new UnpackBudget(limits.UnpackedBytesPerImageMax), archiveLimits, faults, cancellation);
            using var unpacker = new LayerUnpacker(folder, archiveLimits, faults, whiteouts: false);
            unpacker.Unpack(new TarReader(unpacked, archiveLimits, faults));
            return new ArchiveFolder(staging, name, folder);
        }
        catch (Exception failure)
        {
            folder?.Dispose();
            TreeRemoval.Remove(staging, name);
            staging.Dispose();
            if (failure is IOException store)
            {
                throw StoreFaults.Translate(store, faults.Subject, folders.Root, null);
            }

            throw;
        }
    }

    public void Dispose()
    {
        Folder.Dispose();
        TreeRemoval.Remove(_staging, _name);
        _staging.Dispose();
    }
}
