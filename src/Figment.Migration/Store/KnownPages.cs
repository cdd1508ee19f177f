namespace Figment.Migration.Store;

/// <summary>Where pages are that need not be stored again. For one publication, which holds the store's lock.</summary>
internal sealed class KnownPages
{
    private readonly Dictionary<PageAddress, (int Block, int Page)> _places = [];
    private readonly List<StoredBlock> _blocks = [];

    private KnownPages()
    {
    }

    /// <summary>What the store takes: records, indexes and blocks. Of a pack without a good index its length.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>What to do if that is too much.</summary>
    public required string Advice { get; init; }

    /// <summary>Newest packs first, for a machine's next snapshot is most like its last.</summary>
    public static KnownPages Load(StoreFolders folders, StoreKey? key, int pagesMax = StoreLimits.PagesKnownMax)
    {
        var snapshots = folders.SnapshotIds();
        var known = new KnownPages
        {
            UsedBytes = snapshots.Sum(id => new FileInfo(folders.Snapshot(id)).Length),
            Advice = snapshots is [var oldest, ..] ? $"remove what is not needed, of which {oldest} is the oldest, and collect garbage" : "allow more, or collect garbage",
        };
        foreach (string pack in Enumerable.Reverse(folders.PackIds()))
        {
            if (PackIndex.TryLoad(folders, pack, key) is not { } index)
            {
                known.UsedBytes += new FileInfo(folders.Pack(pack)).Length;
                continue;
            }

            known.UsedBytes += index.StoredBytes + new FileInfo(folders.Index(pack)).Length;
            foreach (var (block, pages) in index.Blocks)
            {
                known.Add(block, pages, pagesMax);
            }
        }

        return known;
    }

    public StoredBlock Block(int number) => _blocks[number];

    public bool TryFind(PageAddress address, out (int Block, int Page) place) => _places.TryGetValue(address, out place);

    /// <summary>A block that is stored. What is known already stays where it is.</summary>
    private void Add(StoredBlock block, PageAddress[] pages, int pagesMax)
    {
        if (_places.Count + pages.Length > pagesMax)
        {
            return;
        }

        _blocks.Add(block);
        foreach (var (page, address) in pages.Index())
        {
            _places.TryAdd(address, (_blocks.Count - 1, page));
        }
    }
}
