using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

/// <summary>
/// What a crash leaves: the store's folder is copied after each change that a publication or a collection makes, as it is then,
/// and as it may be after a loss of power, with every file cut off that was not synced yet.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private readonly StoreTest _test = new();
    private readonly HashSet<string> _synced = [];
    private readonly List<string> _steps = [];

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_publication_that_stops_anywhere_leaves_the_whole_snapshot_or_garbage(bool powerLoss)
    {
        string old = _test.Source();
        string fresh = _test.Source(seed: 2, changed: 3);
        string first = await _test.Open().PublishAsync(old, StoreTest.Info);
        _synced.UnionWith(_test.Files());

        await _test.Open(afterStep: (step, path) => Keep(step, path, powerLoss)).PublishAsync(fresh, StoreTest.Info);

        Assert.Equal(["create", "write", "sync", "rename", "sync folder"], _steps.Select(step => step.Split(' ')[0] == "sync" ? step.Split('/')[0].Trim() : step.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal).OrderBy(step => Array.IndexOf(["create", "write", "sync", "rename", "sync folder"], step)));
        int whole = 0;
        foreach (string copy in Copies())
        {
            var store = new SnapshotStore(copy, new StoreOptions(), TimeProvider.System);
            var list = store.VerifyAll();
            Assert.All(list, snapshot => Assert.True(snapshot.Complaint is null, $"{copy}: {snapshot.Complaint}"));
            Assert.Equal(first, list[0].Id);
            Assert.InRange(list.Count, 1, 2);
            whole += list.Count - 1;
            AssertUnpacks(store, list[^1].Id, list.Count == 2 ? fresh : old);
            await store.CollectAsync();
            Assert.Equal(list.Count == 2 ? 4 : 2, Directory.GetFiles(Path.Combine(copy, "packs")).Length);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(copy, "staging")));

            // What was garbage is not in the way of the next attempt.
            AssertUnpacks(store, await store.PublishAsync(fresh, StoreTest.Info), fresh);
        }

        // After the rename of the record, and after the sync of its folder.
        Assert.Equal(2, whole);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_collection_that_stops_anywhere_harms_nobody_and_is_finished_by_the_next(bool powerLoss)
    {
        string kept = _test.Source(pages: 70);
        var before = _test.Open();
        string large = await before.PublishAsync(_test.Source(pages: 600), StoreTest.Info);
        string small = await before.PublishAsync(kept, StoreTest.Info);
        string lone = await before.PublishAsync(_test.Source(seed: 9), StoreTest.Info);
        _synced.UnionWith(_test.Files());
        var store = _test.Open(afterStep: (step, path) => Keep(step, path, powerLoss));

        await store.RemoveAsync(large);
        await store.RemoveAsync(lone);
        await store.CollectAsync();

        long size = Allocated(_test.Root);
        Assert.Contains(_steps, step => step.StartsWith("punch", StringComparison.Ordinal));
        foreach (string copy in Copies())
        {
            var left = new SnapshotStore(copy, new StoreOptions(), TimeProvider.System);
            Assert.All(left.VerifyAll(), snapshot => Assert.True(snapshot.Complaint is null, $"{copy}: {snapshot.Complaint}"));
            foreach (var snapshot in left.List().Where(snapshot => snapshot.Id != small).ToList())
            {
                await left.RemoveAsync(snapshot.Id);
            }

            await left.CollectAsync();
            AssertUnpacks(left, small, kept);
            Assert.InRange(Allocated(copy), 0, size + 100_000);
            string again = _test.Source(pages: 600);
            AssertUnpacks(left, await left.PublishAsync(again, StoreTest.Info), again);
        }
    }

    /// <summary>The process goes on, but its disk does not: what it had begun is taken back.</summary>
    [Fact]
    public async Task A_publication_that_fails_at_any_step_takes_back_what_it_did()
    {
        string source = _test.Source(seed: 2);
        string first = await _test.Open().PublishAsync(_test.Source(), StoreTest.Info);
        var before = _test.Files();
        int failed = 0;
        for (int last = 1; ; last++)
        {
            int step = 0;
            var store = _test.Open(afterStep: (_, _) =>
            {
                if (++step == last)
                {
                    throw new IOException("Input/output error");
                }
            });
            try
            {
                await store.PublishAsync(source, StoreTest.Info);
                break;
            }
            catch (SnapshotException exception)
            {
                failed++;
                Assert.Equal($"{source} was not put into the store {_test.Root}: Input/output error; see whether {_test.Root} is readable and writable by root", exception.Message);
                Assert.Equal(before, _test.Files());
            }
        }

        Assert.True(failed > 10, $"{failed} steps");
        Assert.Equal(2, _test.Open().List().Count);
        _test.Open().Verify(first);
    }

    private static long Allocated(string root) => long.Parse(StoreTest.Run("du", "-s", "--block-size=1", root).Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);

    private IEnumerable<string> Copies() => Enumerable.Range(0, _steps.Count).Select(step => Path.Combine(_test.Folder, $"copy-{step}"));

    private void Keep(string step, string path, bool powerLoss)
    {
        string copy = Path.Combine(_test.Folder, $"copy-{_steps.Count}");
        _steps.Add($"{step} {path}");
        if (step == "sync")
        {
            _synced.Add(path);
        }
        else if (step == "rename")
        {
            // It was synced under its other name, or it was not.
            string name = path.EndsWith(".pack", StringComparison.Ordinal) ? "pack" : path.EndsWith(".index", StringComparison.Ordinal) ? "index" : "record";
            if (_synced.Any(synced => Path.GetFileName(synced) == name))
            {
                _synced.Add(path);
            }
        }

        StoreTest.Run("cp", "-a", "--sparse=always", _test.Root, copy);
        if (!powerLoss)
        {
            return;
        }

        foreach (string file in Directory.EnumerateFiles(copy, "*", SearchOption.AllDirectories))
        {
            if (!_synced.Contains(Path.Combine(_test.Root, Path.GetRelativePath(copy, file))))
            {
                using var cut = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
                RandomAccess.SetLength(cut, RandomAccess.GetLength(cut) / 2);
            }
        }
    }

    private void AssertUnpacks(SnapshotStore store, string id, string source)
    {
        string target = _test.New();
        store.Unpack(id, target);
        Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
    }
}
