using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Store;

/// <summary>Writes the pack of one publication: blocks behind each other, then its index. There is no file before there is a block.</summary>
internal sealed class PackWriter(StoreFolders folders, string staging, string id, StoreKey? key, int level) : IDisposable
{
    private readonly BlockCodec _codec = new(key, level);
    private readonly List<(StoredBlock Block, PageAddress[] Pages)> _blocks = [];
    private SafeFileHandle? _file;

    public long Length { get; private set; }

    /// <summary>Of the index, as it would be now.</summary>
    public long IndexBytes => _blocks.Count == 0 ? 0 : PackIndex.BytesOf(_blocks);

    private string Path => System.IO.Path.Combine(staging, "pack");

    private string IndexPath => System.IO.Path.Combine(staging, "index");

    public StoredBlock Add(ReadOnlySpan<byte> pages, PageAddress[] addresses)
    {
        _file ??= folders.Create(Path);
        folders.Write(_file, Path, _codec.Encode(pages, id, Length, out var block), Length);
        Length += block.Stored;
        _blocks.Add((block, addresses));
        return block;
    }

    /// <summary>Puts the pack where records may name it. Until one does it is garbage.</summary>
    public void Publish()
    {
        if (_file is null)
        {
            return;
        }

        folders.Sync(_file, Path);
        folders.WriteWhole(IndexPath, new PackIndex { Blocks = _blocks }.ToBytes(key));
        folders.Rename(Path, folders.Pack(id));
        folders.Rename(IndexPath, folders.Index(id));
        folders.SyncFolder(folders.Packs);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _codec.Dispose();
    }
}
