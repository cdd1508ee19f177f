using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

/// <summary>Whatever happens to a store's files, a snapshot comes back as it was or is refused by name.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly StoreTest _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("flip")]
    [InlineData("cut")]
    [InlineData("longer")]
    [InlineData("zeros")]
    [InlineData("remove")]
    public async Task Damage_anywhere_is_found_and_named(string damage)
    {
        var store = _test.Open();
        string source = _test.Source();
        string id = await store.PublishAsync(source, StoreTest.Info);
        var random = new Random(1);
        foreach (string file in _test.Files().Where(file => Path.GetFileName(file) is not ("lock" or "store.json") && !(damage == "remove" && Path.GetFileName(file) == id)))
        {
            byte[] good = await File.ReadAllBytesAsync(file);
            for (int attempt = 0; attempt < (damage is "flip" or "cut" or "zeros" ? 12 : 1); attempt++)
            {
                Damage(file, good, damage, random);
                bool isIndex = file.EndsWith(".index", StringComparison.Ordinal);
                bool isHarmless = isIndex || (damage == "longer" && file.EndsWith(".pack", StringComparison.Ordinal));
                string target = _test.New();
                if (isHarmless)
                {
                    store.Unpack(id, target);
                    Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
                }
                else
                {
                    var refused = Assert.Throws<SnapshotException>(() => store.Unpack(id, target));
                    Assert.Contains($"snapshot {id}", refused.Message, StringComparison.Ordinal);
                    Assert.Contains(file, refused.Message, StringComparison.Ordinal);

                    // Of several damaged blocks either may be told.
                    Assert.Contains(file, Assert.Throws<SnapshotException>(() => store.Verify(id)).Message, StringComparison.Ordinal);
                    Assert.False(Path.Exists(target));
                    Assert.DoesNotContain(Directory.GetFileSystemEntries(_test.Folder), path => path.Contains(".new-", StringComparison.Ordinal));
                }

                await File.WriteAllBytesAsync(file, good);
            }
        }

        store.Verify(id);
    }

    [Fact]
    public async Task A_pack_says_which_file_its_pages_were_of()
    {
        var store = _test.Open();
        string id = await store.PublishAsync(_test.Source(), StoreTest.Info);
        string pack = _test.Pack;
        byte[] bytes = await File.ReadAllBytesAsync(pack);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes);

        string message = Assert.Throws<SnapshotException>(() => store.Verify(id)).Message;

        Assert.Matches($"^snapshot {id} is damaged: {pack} at byte [0-9]+, which has pages of pages-1.img: its checksum is wrong; remove it, the machine then starts anew$", message);
        Assert.Equal(message, Assert.Single(store.VerifyAll()).Complaint);
        Assert.Null(Assert.Single(store.List()).Complaint);
    }

    /// <summary>Each block is good, but they are not the ones of this place: only the file's digest tells.</summary>
    [Fact]
    public async Task Good_blocks_in_a_wrong_order_are_no_snapshot()
    {
        var store = _test.Open();
        string id = await store.PublishAsync(_test.Source(), StoreTest.Info);
        var folders = new StoreFolders(_test.Root);
        var record = RecordFile.Load(folders, id, key: null, long.MaxValue);
        var file = record.Entries.Single(entry => entry.Path == "pages-1.img");
        int[] pages = [.. file.Pages!];
        (pages[1], pages[4]) = (pages[1] + 1, pages[4]);
        var wrong = record with { Entries = [.. record.Entries.Select(entry => entry == file ? entry with { Pages = pages } : entry)] };
        await File.WriteAllBytesAsync(folders.Snapshot(id), RecordFile.Write(wrong, key: null));

        Assert.Contains("the pages of pages-1.img are not those that were put there", Assert.Throws<SnapshotException>(() => store.Unpack(id, _test.New())).Message, StringComparison.Ordinal);
    }

    /// <summary>Found by the fuzzer snapshot-record: the last page is filled up, so its content does not say where the file ends.</summary>
    [Fact]
    public async Task A_file_that_would_end_elsewhere_in_its_last_page_is_no_snapshot()
    {
        var store = _test.Open();
        string id = await store.PublishAsync(_test.Source(), StoreTest.Info);
        var folders = new StoreFolders(_test.Root);
        var record = RecordFile.Load(folders, id, key: null, long.MaxValue);
        var wrong = record with { Entries = [.. record.Entries.Select(entry => entry.Path == "core-1.img" ? entry with { Length = entry.Length - 1 } : entry)] };
        await File.WriteAllBytesAsync(folders.Snapshot(id), RecordFile.Write(wrong, key: null));

        Assert.Contains("the pages of core-1.img are not those that were put there", Assert.Throws<SnapshotException>(() => store.Unpack(id, _test.New())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_is_not_collected_as_long_as_a_record_is_damaged()
    {
        var store = _test.Open();
        string good = await store.PublishAsync(_test.Source(), StoreTest.Info);
        string bad = await store.PublishAsync(_test.Source(seed: 2), StoreTest.Info);
        string record = Path.Combine(_test.Root, "snapshots", bad);
        await File.WriteAllTextAsync(record, "figment-snapshot 1 nonsense");

        Assert.Equal([null, $"snapshot {bad} is damaged: the checksum of its record {record} is wrong; remove it, the machine then starts anew"], store.List().Select(snapshot => snapshot.Complaint));
        Assert.StartsWith($"garbage was not collected, since what snapshot {bad} needs is not known: snapshot {bad} is damaged", (await Assert.ThrowsAsync<SnapshotException>(() => store.CollectAsync())).Message, StringComparison.Ordinal);
        store.Verify(good);

        await store.RemoveAsync(bad);
        Assert.Equal(1, (await store.CollectAsync()).PacksRemoved);
        store.Verify(good);
    }

    [Fact]
    public async Task A_damaged_index_costs_room_and_nothing_else()
    {
        var store = _test.Open();
        string first = await store.PublishAsync(_test.Source(), StoreTest.Info);
        string index = _test.Files().Single(file => file.EndsWith(".index", StringComparison.Ordinal));
        await File.WriteAllTextAsync(index, "nonsense");

        string second = await store.PublishAsync(_test.Source(), StoreTest.Info);

        Assert.Equal(0, store.Inspect(second).Shared);
        store.Verify(first);
        store.Verify(second);
        await store.RemoveAsync(first);
        await store.CollectAsync();
        store.Verify(second);
    }

    [Fact]
    public async Task A_record_of_another_snapshot_is_not_taken_for_it()
    {
        var store = _test.Open();
        string first = await store.PublishAsync(_test.Source(), StoreTest.Info);
        string second = await store.PublishAsync(_test.Source(seed: 2), StoreTest.Info);
        File.Copy(Path.Combine(_test.Root, "snapshots", first), Path.Combine(_test.Root, "snapshots", second), overwrite: true);

        Assert.Contains($"is the record of {first}", Assert.Throws<SnapshotException>(() => store.Verify(second)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_lost_its_mark_is_not_begun_anew()
    {
        await _test.Open().PublishAsync(_test.Source(pages: 1), StoreTest.Info);
        File.Delete(Path.Combine(_test.Root, "store.json"));

        Assert.Contains("store.json is missing, but there are snapshots", Assert.Throws<SnapshotException>(() => _test.Open()).Message, StringComparison.Ordinal);
    }

    private static void Damage(string file, byte[] good, string damage, Random random)
    {
        byte[] bytes = [.. good];
        switch (damage)
        {
            case "flip":
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case "cut":
                bytes = bytes[..random.Next(bytes.Length)];
                break;
            case "longer":
                bytes = [.. bytes, 0];
                break;
            case "zeros":
                // Where a file ends in zeros anyway nothing would change.
                int at = random.Next(bytes.Length - 64);
                bytes.AsSpan(at, 64).Clear();
                break;
            default:
                File.Delete(file);
                return;
        }

        File.WriteAllBytes(file, bytes);
    }
}
