using System.Diagnostics;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

public sealed class SnapshotStoreTests : IDisposable
{
    private readonly StoreTest _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(19)]
    public async Task A_folder_comes_back_as_it_was(int level)
    {
        string source = _test.Source();
        var store = _test.Open(new StoreOptions { CompressionLevel = level });

        string id = await store.PublishAsync(source, StoreTest.Info);
        string target = _test.New();
        store.Unpack(id, target);

        Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
        Assert.Contains("dir/data f 4644 0:0 981173106.7890123450", StoreTest.Listing(target), StringComparison.Ordinal);
        Assert.Contains("link l 777 12:34 981173106.7890123450 ../../../etc/passwd", StoreTest.Listing(target), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_test.Folder), path => path.Contains(".new-", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_test.Root, "staging")));
    }

    [Fact]
    public async Task Zeros_take_no_room_in_the_store_nor_in_the_folder()
    {
        string source = _test.New();
        Directory.CreateDirectory(source);
        await File.WriteAllBytesAsync(Path.Combine(source, "pages-1.img"), new byte[32 << 20]);
        var store = _test.Open();

        string id = await store.PublishAsync(source, StoreTest.Info);
        string target = _test.New();
        store.Unpack(id, target);

        Assert.Empty(Directory.GetFiles(Path.Combine(_test.Root, "packs")));
        var sizes = store.Inspect(id);
        Assert.Equal((32 << 20, 32 << 20), (sizes.Logical, sizes.Zeros));
        Assert.InRange(sizes.Stored, 1, 2000);
        Assert.Equal(32 << 20, new FileInfo(Path.Combine(target, "pages-1.img")).Length);
        Assert.StartsWith("0\t", StoreTest.Run("du", "--block-size=1", Path.Combine(target, "pages-1.img")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_shrink_is_kept_plain()
    {
        string source = _test.New();
        Directory.CreateDirectory(source);
        byte[] noise = new byte[1 << 20];
        new Random(5).NextBytes(noise);
        await File.WriteAllBytesAsync(Path.Combine(source, "pages-1.img"), noise);
        var store = _test.Open();

        string id = await store.PublishAsync(source, StoreTest.Info);

        Assert.Equal(1 << 20, new FileInfo(_test.Pack).Length);
        store.Verify(id);
    }

    [Fact]
    public async Task A_second_snapshot_takes_what_changed()
    {
        var store = _test.Open();
        string first = await store.PublishAsync(_test.Source(), StoreTest.Info);
        var alone = store.Inspect(first);

        string changed = _test.Source(changed: 20);
        string second = await store.PublishAsync(changed, StoreTest.Info);
        string same = await store.PublishAsync(_test.Source(), StoreTest.Info);

        Assert.Equal(alone.Stored, alone.Unique);
        Assert.InRange(store.Inspect(second).Unique, 1, alone.Stored / 8);
        Assert.InRange(store.Inspect(same).Unique, 1, 6000);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_test.Root, "packs"), "*.pack").Length);
        var (sizes, now) = (store.Inspect(second), store.Inspect(first));
        Assert.Equal(sizes.Stored - sizes.Unique, sizes.Shared);
        Assert.True(now.Unique < alone.Unique && now.Stored == alone.Stored);
        string target = _test.New();
        store.Unpack(second, target);
        Assert.Equal(StoreTest.Listing(changed), StoreTest.Listing(target));
    }

    [Fact]
    public async Task Pages_of_the_newest_packs_are_known_if_not_all_can_be()
    {
        var store = _test.Open();
        await store.PublishAsync(_test.Source(seed: 1, pages: 64), StoreTest.Info);
        await store.PublishAsync(_test.Source(seed: 2, pages: 64), StoreTest.Info);
        PageAddress old = PageAddress.Of(StoreTest.Page(10_001), key: null), fresh = PageAddress.Of(StoreTest.Page(10_002), key: null);
        var folders = new StoreFolders(_test.Root);

        var some = KnownPages.Load(folders, key: null, pagesMax: 64);
        var all = KnownPages.Load(folders, key: null);

        Assert.Equal((false, true), (some.TryFind(old, out _), some.TryFind(fresh, out _)));
        Assert.Equal((true, true), (all.TryFind(old, out _), all.TryFind(fresh, out _)));
        Assert.Equal(_test.Files().Where(file => !file.EndsWith("lock", StringComparison.Ordinal) && !file.EndsWith("store.json", StringComparison.Ordinal)).Sum(file => new FileInfo(file).Length), all.UsedBytes);
        Assert.Equal(all.UsedBytes, some.UsedBytes);
    }

    [Fact]
    public async Task They_are_listed_in_order_with_what_they_are()
    {
        var store = _test.Open();
        string source = _test.Source(pages: 3);
        string first = await store.PublishAsync(source, StoreTest.Info);
        string second = await store.PublishAsync(source, StoreTest.Info with { Machine = "web-2" });

        var list = _test.Open().List();

        Assert.Equal([(first, "web-1"), (second, "web-2")], list.Select(snapshot => (snapshot.Id, snapshot.Info!.Machine)));
        Assert.All(list, snapshot => Assert.Null(snapshot.Complaint));
        Assert.Equal(StoreTest.Info, list[0].Info);
    }

    [Fact]
    public async Task What_is_removed_gives_its_room_back_and_no_more_than_its_own()
    {
        var store = _test.Open();
        string keep = _test.Source(changed: 3);
        string first = await store.PublishAsync(_test.Source(), StoreTest.Info);
        string second = await store.PublishAsync(keep, StoreTest.Info);
        string lone = await store.PublishAsync(_test.Source(seed: 99), StoreTest.Info);
        long before = _test.Allocated();
        var loneSizes = store.Inspect(lone);

        await store.RemoveAsync(lone);
        var garbage = await store.CollectAsync();

        Assert.Equal(1, garbage.PacksRemoved);
        Assert.InRange(garbage.BytesFreed, loneSizes.Unique / 2, loneSizes.Unique + 20_000);
        Assert.True(_test.Allocated() < before - (garbage.BytesFreed / 2), "the room is still taken");

        await store.RemoveAsync(first);
        await store.CollectAsync();
        string target = _test.New();
        store.Unpack(second, target);
        Assert.Equal(StoreTest.Listing(keep), StoreTest.Listing(target));
        Assert.Equal(0, (await store.CollectAsync()).BytesFreed);
        await store.RemoveAsync(second);
        await store.CollectAsync();
        Assert.Equal([Path.Combine(_test.Root, "lock"), Path.Combine(_test.Root, "store.json")], _test.Files());
    }

    /// <summary>Blocks of a pack that stays become holes, and nobody is led to them afterwards.</summary>
    [Fact]
    public async Task A_pack_that_is_needed_in_part_shrinks_to_that_part()
    {
        var store = _test.Open();
        string large = _test.Source(pages: 1000);
        string first = await store.PublishAsync(large, StoreTest.Info);
        string small = _test.Source(pages: 70);
        string second = await store.PublishAsync(small, StoreTest.Info);
        await store.RemoveAsync(first);
        long before = _test.Allocated();

        var garbage = await store.CollectAsync();

        Assert.True(garbage is { PacksRemoved: 0, BlocksRemoved: > 10 }, $"{garbage}");
        Assert.InRange(before - _test.Allocated(), garbage.BytesFreed / 2, garbage.BytesFreed + 100_000);
        string again = await store.PublishAsync(large, StoreTest.Info);
        foreach (var (id, source) in new[] { (second, small), (again, large) })
        {
            string target = _test.New();
            store.Unpack(id, target);
            Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
        }
    }

    [Fact]
    public async Task What_goes_beyond_the_quota_is_refused_with_what_to_do()
    {
        string first = await _test.Open().PublishAsync(_test.Source(), StoreTest.Info);
        var before = _test.Files();
        var store = _test.Open(new StoreOptions { QuotaBytes = 600_000 });
        string source = _test.Source(seed: 2, pages: 400);

        var refused = await Assert.ThrowsAsync<SnapshotException>(() => store.PublishAsync(source, StoreTest.Info));

        Assert.StartsWith($"{source} was not put into the store {_test.Root}: the snapshots here may take 600000 bytes together and take ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith($"remove what is not needed, of which {first} is the oldest, and collect garbage", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, _test.Files());

        await store.RemoveAsync(first);
        await store.CollectAsync();
        await store.PublishAsync(_test.Source(seed: 2), StoreTest.Info);
    }

    [Fact]
    public async Task A_folder_that_is_there_is_left_alone()
    {
        var store = _test.Open();
        string source = _test.Source(pages: 3);
        string id = await store.PublishAsync(source, StoreTest.Info);
        string before = StoreTest.Listing(source);

        var refused = Assert.Throws<SnapshotException>(() => store.Unpack(id, source));

        Assert.Equal($"snapshot {id} was not unpacked: {source} is there already; choose another folder, or remove it", refused.Message);
        Assert.Equal(before, StoreTest.Listing(source));
    }

    [Theory]
    [InlineData("mknod null c 1 3", "null is a CharacterDevice, which is not kept")]
    [InlineData("mknod disk b 0 0", "disk is a BlockDevice, which is not kept")]
    [InlineData("/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'", "socket is a Socket, which is not kept")]
    [InlineData("/usr/bin/python3 -c 'import os; os.setxattr(\"core-1.img\", \"trusted.overlay.metacopy\", b\"\")'", "core-1.img has the attribute trusted.overlay.metacopy, which is not kept: it steers overlayfs")]
    [InlineData("/usr/bin/python3 -c 'import os; os.mkdir(\"d\"); os.setxattr(\"d\", \"trusted.overlay.redirect\", b\"/etc\")'", "d has the attribute trusted.overlay.redirect, which is not kept: it steers overlayfs")]
    [InlineData("/usr/bin/python3 -c 'import os; os.setxattr(\"core-1.img\", b\"user.a\\xff\", b\"\")'", "core-1.img has an attribute with a name that is not UTF-8 (757365722e61ff), which is not kept")]
    [InlineData("printf x > \"$(printf 'a\\377')\"", "has a name that is not UTF-8 (61ff), which is not kept")]
    [InlineData("ln -s \"$(printf 'a\\377')\" link", "link has a target that is not UTF-8 (61ff), which is not kept")]
    public async Task What_cannot_be_kept_is_refused_by_name(string command, string why)
    {
        string source = _test.Source(pages: 1);
        StoreTest.Run("sh", "-c", $"cd {source} && {command}");

        var refused = await Assert.ThrowsAsync<SnapshotException>(() => _test.Open().PublishAsync(source, StoreTest.Info));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Empty(_test.Open().List());
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("")]
    public async Task What_is_not_there_is_said(string id)
    {
        var store = _test.Open();
        string expected = $"the store {_test.Root} has no snapshot {id}; see which it has";

        Assert.Equal(expected, Assert.Throws<SnapshotException>(() => store.Unpack(id, _test.New())).Message);
        Assert.Equal(expected, Assert.Throws<SnapshotException>(() => store.Inspect(id)).Message);
        Assert.Equal(expected, (await Assert.ThrowsAsync<SnapshotException>(() => store.RemoveAsync(id))).Message);
        Assert.Equal(expected, Assert.Throws<SnapshotException>(() => store.Export(id, Stream.Null)).Message);
    }

    [Fact]
    public async Task Publishers_and_collectors_of_several_stores_take_turns()
    {
        string[] sources = [.. Enumerable.Range(0, 4).Select(number => _test.Source(seed: number / 2, pages: 100))];
        var ids = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();

        await Task.WhenAll(sources.Select(source => Task.Run(async () =>
        {
            var store = _test.Open();
            for (int round = 0; round < 4; round++)
            {
                string removed = await store.PublishAsync(source, StoreTest.Info);
                await store.RemoveAsync(removed);
                ids[await store.PublishAsync(source, StoreTest.Info)] = source;
                await store.CollectAsync();
            }
        })));

        var all = _test.Open();
        Assert.All(all.VerifyAll(), snapshot => Assert.Null(snapshot.Complaint));
        Assert.Equal(ids.Keys.Order(StringComparer.Ordinal), all.List().Select(snapshot => snapshot.Id));
        string target = _test.New();
        all.Unpack(ids.First().Key, target);
        Assert.Equal(StoreTest.Listing(ids.First().Value), StoreTest.Listing(target));
    }

    [Fact]
    public async Task Whoever_waits_for_a_turn_can_give_up()
    {
        string source = _test.Source(pages: 1);
        var store = _test.Open();
        using var held = Figment.Linux.Trees.FileLock.Take(Path.Combine(_test.Root, "lock"));
        using var stop = new CancellationTokenSource();
        var waiting = store.PublishAsync(source, StoreTest.Info, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Empty(store.List());
    }

    [Fact]
    public async Task A_snapshot_that_is_collected_while_it_is_read_is_said_to_be_removed()
    {
        var store = _test.Open();
        string id = await store.PublishAsync(_test.Source(pages: 64 * 8), StoreTest.Info);
        var record = RecordFile.Load(new StoreFolders(_test.Root), id, key: null, long.MaxValue);
        int read = 0;

        // The reader has the record and its first block; then the snapshot goes.
        var refused = Assert.Throws<SnapshotException>(() => new SnapshotReader(new StoreFolders(_test.Root), key: null, record).Run(
            (_, _, _) =>
            {
                if (Interlocked.Increment(ref read) == 1)
                {
                    store.RemoveAsync(id).GetAwaiter().GetResult();
                    store.CollectAsync().GetAwaiter().GetResult();
                }
            },
            threads: 1,
            CancellationToken.None));

        Assert.Contains("is missing", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>flock(1) is the other process. Reading needs no turn.</summary>
    [Fact]
    public async Task Another_process_has_its_turn_and_readers_do_not_wait_for_it()
    {
        var store = _test.Open();
        string source = _test.Source(pages: 20);
        string first = await store.PublishAsync(source, StoreTest.Info);
        using var other = Process.Start(new ProcessStartInfo("flock", [Path.Combine(_test.Root, "lock"), "-c", "echo held; cat"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("held", await other.StandardOutput.ReadLineAsync());

        var publishing = store.PublishAsync(source, StoreTest.Info);
        var collecting = store.CollectAsync();
        store.Verify(first);
        store.Unpack(first, _test.New());
        Assert.Equal(first, Assert.Single(store.List()).Id);
        Assert.False(publishing.IsCompleted || collecting.IsCompleted);

        other.StandardInput.Close();
        await other.WaitForExitAsync();
        string second = await publishing;
        await collecting;
        Assert.Equal([first, second], store.List().Select(snapshot => snapshot.Id));
    }

    [Fact]
    public async Task A_publication_that_is_called_off_leaves_nothing()
    {
        string first = await _test.Open().PublishAsync(_test.Source(), StoreTest.Info);
        var before = _test.Files();
        using var stop = new CancellationTokenSource();
        var store = _test.Open(afterStep: (step, path) =>
        {
            if (step == "write" && Path.GetFileName(path) == "pack")
            {
                stop.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PublishAsync(_test.Source(seed: 2, pages: 1000), StoreTest.Info, stop.Token));

        Assert.Equal(before, _test.Files());
        Assert.Equal(first, Assert.Single(store.List()).Id);
    }

    [Fact]
    public async Task An_unpacking_that_is_called_off_leaves_nothing()
    {
        var store = _test.Open();
        string id = await store.PublishAsync(_test.Source(), StoreTest.Info);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        string[] before = Directory.GetFileSystemEntries(_test.Folder);

        Assert.ThrowsAny<OperationCanceledException>(() => store.Unpack(id, _test.New(), stop.Token));

        Assert.Equal(before, Directory.GetFileSystemEntries(_test.Folder));
    }

    /// <summary>Who holds a lock still works there.</summary>
    [Fact]
    public async Task Leftovers_of_processes_that_are_gone_are_collected_and_no_others()
    {
        var store = _test.Open();
        string left = Path.Combine(_test.Root, "staging", "0123456789abcdef0123456789abcdef");
        Directory.CreateDirectory(Path.Combine(left, "snapshot"));
        await File.WriteAllBytesAsync(Path.Combine(left, "snapshot", "pages-1.img"), new byte[5000]);
        await File.WriteAllTextAsync(left + ".lock", "");
        using var busy = StagingFolder.Make(new StoreFolders(_test.Root), TimeProvider.System);
        await File.WriteAllTextAsync(Path.Combine(busy.Folder, "pack"), "still needed");

        var garbage = await store.CollectAsync();

        Assert.Equal(new StoreGarbage { BytesFreed = 5000, PacksRemoved = 0, BlocksRemoved = 0 }, garbage);
        Assert.False(Path.Exists(left) || Path.Exists(left + ".lock"));
        Assert.True(File.Exists(Path.Combine(busy.Folder, "pack")));
    }

    /// <summary>As the box makes them.</summary>
    [Fact]
    public async Task What_a_snapshot_says_of_its_machine_comes_back()
    {
        string source = _test.Source();
        var manifest = new SnapshotManifest
        {
            Application = "shop",
            Machine = "web-1",
            Revision = "r1",
            Epoch = 3,
            Boot = "b",
            TakenAtNs = 7,
            TakenAt = DateTimeOffset.UnixEpoch,
            Mounts = ["/dev", "/dev/shm", "/tmp"],
            Files = new Dictionary<string, long>(),
        };
        manifest.Save(source);
        var store = _test.Open();

        string id = await store.PublishAsync(source, SnapshotInfo.Of(manifest));
        string target = _test.New();
        store.Unpack(id, target);

        Assert.Equal(StoreTest.Info, Assert.Single(store.List()).Info);
        Assert.Equal(SnapshotManifest.Load(source).Files, SnapshotManifest.Load(target).Files);
        Assert.True(File.Exists(Path.Combine(SnapshotManifest.ContentsOf(target, 2), "dir", "data")));
    }

    [Fact]
    public void A_level_that_zstd_does_not_have_is_a_fault_of_the_caller() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _test.Open(new StoreOptions { CompressionLevel = 20 }));

    [Fact]
    public void A_store_of_another_format_is_refused()
    {
        _ = _test.Open();
        string mark = Path.Combine(_test.Root, "store.json");
        File.WriteAllText(mark, File.ReadAllText(mark).Replace("1", "2", StringComparison.Ordinal));

        Assert.Equal($"the store {_test.Root} is of format 2, this Figment knows 1; use the Figment that made it, or another folder", Assert.Throws<SnapshotException>(() => _test.Open()).Message);
        File.WriteAllText(mark, "{");
        Assert.Contains("store.json is damaged", Assert.Throws<SnapshotException>(() => _test.Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_has_few_files_however_many_pages()
    {
        var store = _test.Open();
        for (int count = 1; count <= 3; count++)
        {
            await store.PublishAsync(_test.Source(seed: count, pages: 2000), StoreTest.Info);
            Assert.Equal(2 + (3 * count), _test.Files().Count);
        }

        Assert.Equal(3, store.List().Count);
    }
}
