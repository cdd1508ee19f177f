using System.Buffers;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;

namespace Figment.Images.Layers;

/// <summary>
/// Unpacks one layer into a folder of its own, with whiteouts in the form that overlayfs reads. Nothing is ever named by a path of the node: parents are opened by the
/// kernel as if the folder were the root, and each entry is made by name in its parent, links not followed. Faults of the layer are <see cref="ImageException"/>,
/// failures of the store's file system <see cref="LinuxException"/>.
/// </summary>
internal sealed class LayerUnpacker : IDisposable
{
    private const int DefaultFolderMode = 0x1ED;
    private const int BufferBytes = 128 * 1024;
    private const long UserMax = uint.MaxValue - 1L;

    private readonly TreeFolder _root;
    private readonly ImageLimits _limits;
    private readonly LayerFaults _faults;
    private readonly bool _whiteouts;
    private readonly List<(byte[] Path, FileTime Time)> _folderTimes = [];
    private long _folderNameBytes;
    private long _contentBytes;
    private TreeFolder? _parent;
    private byte[] _parentPath = [];

    /// <summary>Without <paramref name="whiteouts"/> names mean nothing more than names: for an archive that only holds an image.</summary>
    public LayerUnpacker(TreeFolder root, ImageLimits limits, LayerFaults faults, bool whiteouts)
    {
        (_root, _limits, _faults, _whiteouts) = (root, limits, faults, whiteouts);
    }

    public void Dispose() => ForgetParent();

    public void Unpack(TarReader tar)
    {
        while (tar.Next() is { } header)
        {
            Unpack(tar, header);
        }

        // Last, since making anything in a folder changes its time.
        foreach (var (path, time) in _folderTimes)
        {
            SetFolderTime(path, time);
        }
    }

    private void Unpack(TarReader tar, TarEntryHeader header)
    {
        var path = LayerPath.Parse(header.Name, _limits, _faults);
        switch (_whiteouts && !path.IsRoot ? Whiteout.Classify(path, _faults) : WhiteoutKind.None)
        {
            case WhiteoutKind.BookKeeping:
                return;
            case WhiteoutKind.Opaque:
                MakeOpaque(Parent(path).Descriptor, path);
                return;
            case WhiteoutKind.Hides:
                Hide(Parent(path), path);
                return;
        }

        if (header.User is < 0 or > UserMax || header.Group is < 0 or > UserMax)
        {
            throw _faults.Corrupt($"entry \"{LayerFaults.Show(path.Whole)}\" belongs to {header.User}:{header.Group}, which is no user and group");
        }

        if (path.IsRoot)
        {
            if (header.Type == TarEntryType.Folder)
            {
                FinishFolder(_root.Descriptor, path, header);
            }

            return;
        }

        Make(tar, header, path);
    }

    private void Make(TarReader tar, TarEntryHeader header, LayerPath path)
    {
        switch (header.Type)
        {
            case TarEntryType.Folder:
                MakeFolder(path, header);
                break;
            case TarEntryType.File:
                MakeFile(tar, path, header);
                break;
            case TarEntryType.SymbolicLink:
                MakeSymbolicLink(path, header);
                break;
            case TarEntryType.HardLink:
                MakeHardLink(path, header);
                break;
            case TarEntryType.Fifo:
                Vacate(Parent(path), path.Name);
                Check(Parent(path).MakeFifo(path.Name, 0), "mknodat(2)", path);
                FinishByName(path, header);
                Check(Parent(path).SetModeOfOwn(path.Name, header.Mode), "fchmodat(2)", path);
                break;
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice:
                throw _faults.Hostile(path.Whole, "is a device");
            default:
                throw _faults.Corrupt($"entry \"{LayerFaults.Show(path.Whole)}\" has the unknown type '{(char)header.Type}'");
        }
    }

    private void MakeFolder(LayerPath path, TarEntryHeader header)
    {
        var parent = Parent(path);
        bool hidesLower = false;
        if (parent.TryStat(path.Name, out _) is not { Kind: TreeEntryKind.Folder })
        {
            hidesLower = Vacate(parent, path.Name);
            Check(Parent(path).MakeFolder(path.Name, DefaultFolderMode), "mkdirat(2)", path);
        }

        using var folder = OpenChild(Parent(path), path);
        if (hidesLower)
        {
            MakeOpaque(folder.Descriptor, path);
        }

        FinishFolder(folder.Descriptor, path, header);
    }

    private void MakeFile(TarReader tar, LayerPath path, TarEntryHeader header)
    {
        Vacate(Parent(path), path.Name);
        using var file = Parent(path).TryCreateFile(path.Name, out var error);
        if (file is null)
        {
            throw Failure(error, "openat(2)", path);
        }

        Write(tar, file, path, header);
        SetOwnerAndMode(file, path, header);
        SetAttributes(file, path, header);
        Check(TreeFile.SetModified(file, Clamp(header.Modified)), "futimens(3)", path);
    }

    private void Write(TarReader tar, Descriptor file, LayerPath path, TarEntryHeader header)
    {
        _contentBytes += header.Sparse?.FileSize ?? header.Size;
        if (_contentBytes > _limits.UnpackedBytesPerLayerMax || _contentBytes < 0)
        {
            throw _faults.TooLarge($"its files have more than {_limits.UnpackedBytesPerLayerMax} bytes");
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            if (header.Sparse is not { } sparse)
            {
                Copy(tar, file, header.Size, buffer);
                return;
            }

            long at = 0;
            foreach (var (offset, length) in sparse.Pieces)
            {
                Check(TreeFile.Skip(file, offset - at), "lseek(2)", path);
                Copy(tar, file, length, buffer);
                at = offset + length;
            }

            Check(TreeFile.SetLength(file, sparse.FileSize), "ftruncate(2)", path);
        }
        catch (LinuxException failure)
        {
            throw new LinuxException(failure.Error, failure.Call, LayerFaults.Show(path.Whole));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Copy(TarReader tar, Descriptor file, long length, byte[] buffer)
    {
        while (length > 0)
        {
            int count = tar.Read(buffer.AsSpan(0, (int)Math.Min(length, buffer.Length)));
            FileCalls.Write(file, buffer.AsSpan(0, count));
            length -= count;
        }
    }

    private void MakeSymbolicLink(LayerPath path, TarEntryHeader header)
    {
        if (header.LinkName.Length == 0)
        {
            throw _faults.Corrupt($"entry \"{LayerFaults.Show(path.Whole)}\" is a symbolic link to nothing");
        }

        // Where it points to is no matter here: only the machine that has this layer as its root follows it.
        Vacate(Parent(path), path.Name);
        Check(Parent(path).MakeSymbolicLink(path.Name, header.LinkName), "symlinkat(2)", path);
        FinishByName(path, header);
    }

    private void MakeHardLink(LayerPath path, TarEntryHeader header)
    {
        var target = LayerPath.Parse(header.LinkName, _limits, _faults);
        using var from = target.IsRoot ? null : _root.TryOpen(target.Parent, out _);
        if (from?.TryStat(target.Name, out _) is not { } linked || linked.IsWhiteout)
        {
            throw _faults.Hostile(path.Whole, $"is a hard link to \"{LayerFaults.Show(header.LinkName)}\", which this layer does not hold");
        }

        if (linked.Kind == TreeEntryKind.Folder)
        {
            throw _faults.Hostile(path.Whole, "is a hard link to a folder");
        }

        var parent = Parent(path);
        if (parent.TryStat(path.Name, out _) is { } existing && existing.Inode == linked.Inode)
        {
            return;
        }

        // The link's own place may hold its target's folder.
        Vacate(parent, path.Name);
        var error = Parent(path).MakeHardLink(path.Name, from, target.Name);
        if (error == Errno.ENOENT)
        {
            throw _faults.Hostile(path.Whole, "is a hard link that takes the place of its own target");
        }

        Check(error, "linkat(2)", path);
    }

    private void Hide(TreeFolder parent, LayerPath path)
    {
        var name = Whiteout.Hidden(path);
        if (parent.TryStat(name, out _) is not { } existing)
        {
            Check(parent.MakeWhiteout(name), "mknodat(2)", path);
        }
        else if (existing.Kind == TreeEntryKind.Folder)
        {
            // A whiteout speaks of lower layers only: what this layer put there stays, and hides what is below.
            using var folder = parent.TryOpenChild(name, out var error) ?? throw Failure(error, "openat(2)", path);
            MakeOpaque(folder.Descriptor, path);
        }
    }

    /// <summary>Frees a name for something else. True if it was a whiteout, that is, lower layers' content there must stay hidden.</summary>
    private bool Vacate(TreeFolder parent, ReadOnlySpan<byte> name)
    {
        if (parent.TryStat(name, out _) is not { } existing)
        {
            return false;
        }

        if (existing.Kind == TreeEntryKind.Folder)
        {
            // The folder that is kept open may lie in what goes.
            using var own = parent.TryOpen([], out var error) ?? throw new LinuxException(error, "openat2(2)", LayerFaults.Show(name));
            ForgetParent();
            TreeRemoval.Remove(own, name);
            return false;
        }

        var outcome = parent.Remove(name, folder: false);
        return outcome == Errno.None ? existing.IsWhiteout : throw new LinuxException(outcome, "unlinkat(2)", LayerFaults.Show(name));
    }

    private void FinishFolder(Descriptor folder, LayerPath path, TarEntryHeader header)
    {
        SetOwnerAndMode(folder, path, header);
        SetAttributes(folder, path, header);
        _folderNameBytes += path.Whole.Length;
        if (_folderNameBytes > _limits.FolderNameBytesPerLayerMax)
        {
            throw _faults.TooLarge($"the names of its folders have more than {_limits.FolderNameBytesPerLayerMax} bytes");
        }

        _folderTimes.Add((path.Whole, Clamp(header.Modified)));
    }

    private void FinishByName(LayerPath path, TarEntryHeader header)
    {
        Check(Parent(path).SetOwner(path.Name, (uint)header.User, (uint)header.Group), "fchownat(2)", path);
        Check(Parent(path).SetModified(path.Name, Clamp(header.Modified)), "utimensat(2)", path);
    }

    /// <summary>In this order: a change of owner takes set-user-id bits away.</summary>
    private void SetOwnerAndMode(Descriptor file, LayerPath path, TarEntryHeader header)
    {
        Check(TreeFile.SetOwner(file, (uint)header.User, (uint)header.Group), "fchownat(2)", path);
        Check(TreeFile.SetMode(file, header.Mode), "fchmod(2)", path);
    }

    private void SetAttributes(Descriptor file, LayerPath path, TarEntryHeader header)
    {
        foreach (var (name, value) in header.Attributes)
        {
            if (!AttributeRules.IsKept(name, path, _faults))
            {
                continue;
            }

            var error = TreeFile.SetAttribute(file, name, value);
            if (error is Errno.EINVAL or Errno.ERANGE or Errno.E2BIG or Errno.EPERM)
            {
                throw _faults.Corrupt($"entry \"{LayerFaults.Show(path.Whole)}\" has the attribute {LayerFaults.Show(name)}, which the kernel refuses ({error})");
            }

            Check(error, $"fsetxattr(2) {LayerFaults.Show(name)}", path);
        }
    }

    private void MakeOpaque(Descriptor folder, LayerPath path) =>
        Check(TreeFile.SetAttribute(folder, AttributeRules.OverlayOpaque, "y"u8), "fsetxattr(2) trusted.overlay.opaque", path);

    private void SetFolderTime(byte[] path, FileTime time)
    {
        var parsed = LayerPath.Parse(path, _limits, _faults);
        using var parent = _root.TryOpen(parsed.Parent, out _);
        using var folder = parsed.IsRoot ? _root.TryOpen([], out _) : parent?.TryOpenChild(parsed.Name, out _);

        // A later entry may have put something else there.
        if (folder is not null)
        {
            Check(TreeFile.SetModified(folder.Descriptor, time), "futimens(3)", parsed);
        }
    }

    private TreeFolder OpenChild(TreeFolder parent, LayerPath path) => parent.TryOpenChild(path.Name, out var error) ?? throw Failure(error, "openat(2)", path);

    /// <summary>The folder that an entry goes into. Kept open until another is asked for or something is removed.</summary>
    private TreeFolder Parent(LayerPath path)
    {
        if (_parent is not null && path.Parent.SequenceEqual(_parentPath))
        {
            return _parent;
        }

        ForgetParent();
        _parent = ParentFolders.Open(_root, path, _faults);
        _parentPath = path.Parent.ToArray();
        return _parent;
    }

    private void ForgetParent()
    {
        _parent?.Dispose();
        _parent = null;
    }

    private static FileTime Clamp(FileTime time)
    {
        // ext4 with small inodes ends in 2038, others in 2446 and later; the kernel clamps to what the file system has, but refuses nonsense beyond its own range.
        const long SecondsMin = -(1L << 31), SecondsMax = 1L << 34;
        return time.Seconds is < SecondsMin or > SecondsMax ? new FileTime(Math.Clamp(time.Seconds, SecondsMin, SecondsMax), 0) : time;
    }

    private static void Check(Errno error, string call, LayerPath path)
    {
        if (error != Errno.None)
        {
            throw Failure(error, call, path);
        }
    }

    private static LinuxException Failure(Errno error, string call, LayerPath path) => new(error, call, LayerFaults.Show(path.Whole));
}
