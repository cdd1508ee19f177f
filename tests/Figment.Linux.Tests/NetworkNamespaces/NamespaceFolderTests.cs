using Figment.Linux.Namespaces;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Linux.Tests.NetworkNamespaces;

public sealed class NamespaceFolderTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("figment pins-").FullName;
    private readonly NamespaceFolder _folder;

    public NamespaceFolderTests()
    {
        _folder = new NamespaceFolder(Path.Combine(_parent, "netns"));
        _folder.Prepare();
    }

    [Fact]
    public void A_pinned_namespace_outlives_the_thread_that_made_it()
    {
        string made = Pin("web-1");
        using var found = _folder.TryOpen("web-1");

        Assert.NotNull(found);
        Assert.Equal(made, NamespaceThread.Run(found, NamespaceKind.Network, Own));
        Assert.NotEqual(Own(), made);
    }

    [Fact]
    public void A_file_that_is_no_namespace_is_none_and_can_become_one()
    {
        File.WriteAllText(_folder.FileOf("web-1"), "");
        Assert.Null(_folder.TryOpen("web-1"));
        Assert.Null(_folder.TryOpen("web-2"));
        Pin("web-1");
        using var found = _folder.TryOpen("web-1");

        Assert.NotNull(found);
    }

    [Fact]
    public void A_pin_is_removed_even_if_it_was_made_twice()
    {
        Pin("web-1");
        Pin("web-1");
        _folder.Remove("web-1");
        _folder.Remove("web-1");

        Assert.Empty(_folder.Names());
        Assert.DoesNotContain(Mounts(), line => line.Contains("web-1", StringComparison.Ordinal));
    }

    [Fact]
    public void Preparing_again_mounts_nothing_more_and_removing_all_leaves_nothing()
    {
        Pin("web-1");
        _folder.Prepare();
        Assert.Single(Mounts(), line => line.Contains("/netns ", StringComparison.Ordinal));
        _folder.RemoveAll();

        Assert.Empty(Mounts());
        Assert.Empty(Directory.GetFileSystemEntries(_parent));
        _folder.RemoveAll();
    }

    [Fact]
    public void A_walk_makes_and_enters_one_namespace_after_the_other_on_one_thread()
    {
        using var own = NamespaceThread.OpenOwn(NamespaceKind.Network);
        var seen = NamespaceWalk.Run(own, walk =>
        {
            var names = new List<string> { Own() };
            walk.EnterNew();
            names.Add(Own());
            using var first = walk.OpenCurrent();
            walk.EnterNew();
            names.Add(Own());
            walk.Enter(first);
            names.Add(Own());
            return names;
        });

        Assert.Equal(Own(), seen[0]);
        Assert.Equal(seen[1], seen[3]);
        Assert.Equal(3, seen.Distinct().Count());
    }

    public void Dispose()
    {
        _folder.RemoveAll();
        Directory.Delete(_parent, recursive: true);
    }

    private string Pin(string name) => NamespaceThread.RunInNew(NamespaceKind.Network, () =>
    {
        _folder.PinCurrent(name);
        return Own();
    });

    private string[] Mounts() => [.. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Path.GetFileName(_parent).Replace(" ", "\\040", StringComparison.Ordinal), StringComparison.Ordinal))];

    private static string Own() => new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
}
