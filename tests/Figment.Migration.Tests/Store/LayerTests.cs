using Figment.Linux.Mounts;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Tests;

namespace Figment.Migration.Tests.Store;

/// <summary>What a machine wrote over its image, as a part of its snapshot.</summary>
public sealed class LayerTests : IDisposable
{
    private readonly OverlayChanges _changes = new();
    private readonly StoreTest _test = new();
    private readonly StoreTest _other = new();

    public void Dispose()
    {
        _changes.Dispose();
        _test.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_writable_layer_goes_through_two_stores_and_shows_the_same()
    {
        string source = _test.Source(pages: 3);
        string layer = Directory.CreateDirectory(Path.Combine(source, "layer")).FullName;
        TreeCopy.CopyUpper(_changes.Upper, layer);
        string copied = TreeListing.Of(layer);
        using var stream = new MemoryStream();

        var store = _test.Open();
        string id = await store.PublishAsync(source, StoreTest.Info);
        store.Verify(id);
        store.Export(id, stream);
        stream.Position = 0;
        var other = _other.Open();
        string there = await other.ImportAsync(stream);

        foreach (var (from, which) in new[] { (store, id), (other, there) })
        {
            string target = _test.New();
            from.Unpack(which, target);
            string unpacked = Path.Combine(target, "layer");
            Assert.Equal(copied, TreeListing.Of(unpacked));
            Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
            Assert.Equal(_changes.Merged, _changes.MergedWith(unpacked));
        }

        // A file of several names is there once, and holes take nothing.
        Assert.InRange(store.Inspect(id).Stored, 1, 200_000);
        Assert.True(store.Inspect(id).Zeros > 15 << 20, $"{store.Inspect(id)}");
    }

    /// <summary>What it may not have is taken out, not only in a copy.</summary>
    [Fact]
    public async Task An_upper_folder_itself_can_be_published()
    {
        var store = _test.Open();
        string target = _test.New();

        store.Unpack(await store.PublishAsync(_changes.Upper, StoreTest.Info), target);

        Assert.Equal(TreeListing.Of(_changes.Upper, TreeListing.OfTheNode), TreeListing.Of(target));
        Assert.Equal(_changes.Merged, _changes.MergedWith(target));
    }

    /// <summary>With a checksum that is right: whoever writes to the disk can make it.</summary>
    [Theory]
    [InlineData("redirect", "'contents/mount-2/opaque' has an attribute 'trusted.overlay.redirect', which is not kept")]
    [InlineData("name", "'contents/mount-2/second' is no second name of 'pages-1.img/x'")]
    [InlineData("device", "'contents/mount-2/whiteout' is no file, folder, link, FIFO or whiteout as they are kept")]
    [InlineData("acl", "the kernel refuses the value of the attribute system.posix_acl_default of 'contents/mount-2/dir'")]
    public async Task A_record_that_was_changed_is_refused(string change, string why)
    {
        var store = _test.Open();
        string id = await store.PublishAsync(_test.Source(pages: 3), StoreTest.Info);
        var folders = new StoreFolders(_test.Root);
        var record = RecordFile.Load(folders, id, key: null, long.MaxValue);
        RecordEntry Changed(RecordEntry entry) => (change, entry.Path[(entry.Path.LastIndexOf('/') + 1)..]) switch
        {
            ("redirect", "opaque") => entry with { Attributes = new Dictionary<string, byte[]> { ["trusted.overlay.redirect"] = "/etc"u8.ToArray() } },
            ("name", "second") => entry with { SameAs = "pages-1.img/x" },
            ("device", "whiteout") => entry with { Kind = Figment.Linux.Trees.TreeEntryKind.BlockDevice },
            ("acl", "dir") => entry with { Attributes = new Dictionary<string, byte[]> { ["system.posix_acl_default"] = [2, 0, 0, 0, 9] } },
            _ => entry,
        };
        await File.WriteAllBytesAsync(folders.Snapshot(id), RecordFile.Write(record with { Entries = [.. record.Entries.Select(Changed)] }, key: null));
        string target = _test.New();

        string refused = Assert.Throws<SnapshotException>(() => store.Unpack(id, target)).Message;

        Assert.StartsWith($"snapshot {id} is damaged: ", refused, StringComparison.Ordinal);
        Assert.Contains(why, refused, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_test.Folder), path => path.StartsWith(target, StringComparison.Ordinal));
    }
}
