using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

/// <summary>Stores on file systems of a mebibyte, and of few files.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly StoreTest _test = new();

    public void Dispose()
    {
        StoreTest.Run("umount", _test.Root);
        _test.Dispose();
    }

    [Theory]
    [InlineData("size=1m", 1000)]
    [InlineData("size=8m,nr_inodes=9", 20)]
    public async Task A_full_disk_is_said_and_nothing_is_left_half(string limit, int pages)
    {
        Mount(limit);
        var store = _test.Open();
        string small = _test.Source(pages: 4);
        string first = limit.Contains("inodes", StringComparison.Ordinal) ? "" : await store.PublishAsync(small, StoreTest.Info);
        var before = _test.Files();
        string source = _test.Source(seed: 2, pages: pages);

        var refused = await Assert.ThrowsAsync<SnapshotException>(() => store.PublishAsync(source, StoreTest.Info));

        Assert.StartsWith($"{source} was not put into the store {_test.Root}: the file system of {_test.Root} is full: ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith($"remove snapshots and collect garbage, or make room there (df {_test.Root}; df -i {_test.Root})", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, _test.Files());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_test.Root, "staging")));
        Assert.All(store.VerifyAll(), snapshot => Assert.Null(snapshot.Complaint));
        if (first.Length > 0)
        {
            await store.RemoveAsync(first);
            await store.CollectAsync();
            await store.PublishAsync(small, StoreTest.Info);
        }
    }

    [Fact]
    public async Task A_full_disk_while_unpacking_leaves_no_folder()
    {
        Mount("size=1m");
        string root = Path.Combine(_test.Folder, "roomy");
        var store = new SnapshotStore(root, new StoreOptions(), TimeProvider.System);
        string id = await store.PublishAsync(_test.Source(pages: 1000), StoreTest.Info);
        string target = Path.Combine(_test.Root, "snapshot");

        var refused = Assert.Throws<SnapshotException>(() => store.Unpack(id, target));

        Assert.StartsWith($"snapshot {id} was not unpacked to {target}: the file system of {_test.Root} is full", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_test.Root));
    }

    private void Mount(string limit)
    {
        Directory.CreateDirectory(_test.Root);
        StoreTest.Run("mount", "-t", "tmpfs", "-o", limit, "tmpfs", _test.Root);
    }
}
