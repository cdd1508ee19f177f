using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

/// <summary>
/// What a crash leaves: the store's folder is copied after each change that a publication or a collection makes, as it is then ("stop"),
/// and as it may be after a loss of power: with every file cut off that was not synced yet ("torn"),
/// or with names as they were, as far as their folders were not synced: all of them ("no names"), or all but the last that was given ("names").
/// </summary>
public sealed class CrashTests : IDisposable
{
    private readonly StoreTest _test = new();
    private readonly HashSet<string> _synced = [];
    private readonly List<string> _steps = [];

    /// <summary>Names given and taken whose folder was not synced yet, and the copy that has what was there before.</summary>
    private readonly List<(string Path, int Before)> _renamed = [];

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("stop")]
    [InlineData("torn")]
    [InlineData("names")]
    [InlineData("no names")]
    public async Task A_publication_that_stops_anywhere_leaves_the_whole_snapshot_or_garbage(string crash)
    {
        string old = _test.Source();
        string fresh = _test.Source(seed: 2, changed: 3);
        string first = await _test.Open().PublishAsync(old, StoreTest.Info);
        _synced.UnionWith(_test.Files());

        await _test.Open(afterStep: (step, path) => Keep(step, path, crash)).PublishAsync(fresh, StoreTest.Info);

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

        // After the sync of the record's folder; and before it, if the name is there already.
        Assert.Equal(crash == "no names" ? 1 : 2, whole);
        AssertOrder();
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("torn")]
    [InlineData("names")]
    [InlineData("no names")]
    public async Task A_collection_that_stops_anywhere_harms_nobody_and_is_finished_by_the_next(string crash)
    {
        string kept = _test.Source(pages: 70);
        var before = _test.Open();
        string large = await before.PublishAsync(_test.Source(pages: 600), StoreTest.Info);
        string small = await before.PublishAsync(kept, StoreTest.Info);
        string lone = await before.PublishAsync(_test.Source(seed: 9), StoreTest.Info);
        _synced.UnionWith(_test.Files());
        var store = _test.Open(afterStep: (step, path) => Keep(step, path, crash));

        await store.RemoveAsync(large);
        await store.RemoveAsync(lone);
        await store.CollectAsync();

        long size = Allocated(_test.Root);
        Assert.Contains(_steps, step => step.StartsWith("punch", StringComparison.Ordinal));
        foreach (string copy in Copies())
        {
            var left = new SnapshotStore(copy, new StoreOptions(), TimeProvider.System);
            Assert.All(left.VerifyAll(), snapshot => Assert.True(snapshot.Complaint is null, $"{copy}: {snapshot.Complaint}"));

            // Nothing that is gone may be taken for something that is there.
            string again = _test.Source(pages: 600);
            AssertUnpacks(left, await left.PublishAsync(again, StoreTest.Info), again);
            foreach (var snapshot in left.List().Where(snapshot => snapshot.Id != small).ToList())
            {
                await left.RemoveAsync(snapshot.Id);
            }

            await left.CollectAsync();
            AssertUnpacks(left, small, kept);
            Assert.InRange(Allocated(copy), 0, size + 100_000);
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

    private void AssertOrder()
    {
        string[] names = [.. _steps.Select(step => $"{step.Split(" /")[0]} {Path.GetExtension(step)}{(step.Contains("/snapshots", StringComparison.Ordinal) ? "record" : "")}".Trim())];
        Assert.Equal(
            ["sync", "create", "write", "sync", "rename .pack", "rename .index", "sync folder", "create", "write", "sync", "rename record", "sync folder record"],
            names[Array.IndexOf(names, "sync")..]);
    }

    private static long Allocated(string root) => long.Parse(StoreTest.Run("du", "-s", "--block-size=1", root).Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);

    private IEnumerable<string> Copies() => Enumerable.Range(0, _steps.Count).Select(step => Path.Combine(_test.Folder, $"copy-{step}"));

    private void Keep(string step, string path, string crash)
    {
        string copy = Path.Combine(_test.Folder, $"copy-{_steps.Count}");
        switch (step)
        {
            case "sync":
                _synced.Add(path);
                break;
            case "rename":
                // It was synced under its other name, or it was not.
                string name = Path.GetExtension(path) is [_, .. var extension] ? extension : "record";
                if (_synced.RemoveWhere(synced => Path.GetFileName(synced) == name) > 0)
                {
                    _synced.Add(path);
                }

                _renamed.Add((path, _steps.Count - 1));
                break;
            case "delete":
                _renamed.Add((path, _steps.Count - 1));
                break;
            case "sync folder":
                _renamed.RemoveAll(renamed => Path.GetDirectoryName(renamed.Path) == path);
                break;
            default:
                break;
        }

        _steps.Add($"{step} {path}");
        StoreTest.Run("cp", "-a", "--sparse=always", _test.Root, copy);
        if (crash == "torn")
        {
            Tear(copy);
        }
        else if (crash is "names" or "no names")
        {
            foreach (var (renamed, before) in Enumerable.Reverse(_renamed.SkipLast(crash == "names" ? 1 : 0)))
            {
                Undo(copy, Path.GetRelativePath(_test.Root, renamed), before);
            }
        }
    }

    private void Tear(string copy)
    {
        foreach (string file in Directory.EnumerateFiles(copy, "*", SearchOption.AllDirectories))
        {
            if (!_synced.Contains(Path.Combine(_test.Root, Path.GetRelativePath(copy, file))))
            {
                using var cut = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
                RandomAccess.SetLength(cut, RandomAccess.GetLength(cut) / 2);
            }
        }
    }

    private void Undo(string copy, string path, int before)
    {
        string old = Path.Combine(_test.Folder, $"copy-{before}", path);
        if (File.Exists(old))
        {
            File.Copy(old, Path.Combine(copy, path), overwrite: true);
        }
        else
        {
            File.Delete(Path.Combine(copy, path));
        }
    }

    private void AssertUnpacks(SnapshotStore store, string id, string source)
    {
        string target = _test.New();
        store.Unpack(id, target);
        Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
    }
}
