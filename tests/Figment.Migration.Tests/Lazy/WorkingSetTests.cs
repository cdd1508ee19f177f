using Figment.Migration.Images;
using Figment.Migration.Lazy;
using Figment.Migration.Memory;

namespace Figment.Migration.Tests.Lazy;

/// <summary>What was touched first.</summary>
public sealed class WorkingSetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-working-set-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_in_it_comes_first_and_everything_once()
    {
        var set = new WorkingSet();
        set.Add(1, 0x2000, 2);
        set.Add(1, 0x9000, 4);
        set.Add(1, 0x20000, 1);
        set.Add(2, 0x1000, 1);

        Assert.Equal(
            [new(0x1000, 0, 1, 0), new(0x2000, 1, 2, 1), new(0x4000, 3, 1, 0), new(0x8000, 7, 1, 0), new(0x9000, 8, 1, 1), new(0xc000, 4, 1, 1), new(0xd000, 5, 1, 0)],
            set.First(1, [new PageRun(0x1000, 0, 4, 0), new PageRun(0x8000, 7, 2, 0), new PageRun(0xc000, 4, 2, 0)]));
        Assert.Equal([new(0x1000, 0, 4, 0)], set.First(3, [new PageRun(0x1000, 0, 4, 0)]));
    }

    [Fact]
    public void What_is_saved_is_loaded_and_nothing_of_before()
    {
        var first = new WorkingSet();
        first.Add(1, 0x1000, 1);
        first.Add(2, 0x1000, 1);
        first.Save(_folder);
        var second = new WorkingSet();
        second.Add(1, 0x5000, 3);
        second.Add(1, 0x1000, 2);
        second.Save(_folder);

        var loaded = WorkingSet.Load(_folder);

        Assert.Equal(5, loaded.Pages);
        Assert.Equal([new(0x1000, 0, 2, 1), new(0x3000, 2, 2, 0), new(0x5000, 4, 3, 1), new(0x8000, 7, 1, 0)], loaded.First(1, [new PageRun(0x1000, 0, 8, 0)]));
        Assert.Equal(["working-set-1.index"], Directory.GetFiles(_folder).Select(Path.GetFileName));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "working-set-1.index")));
        loaded.Add(first);
        Assert.Equal(6, loaded.Pages);
    }

    [Fact]
    public void Nothing_is_known_of_a_folder_that_is_empty_or_not_there()
    {
        Assert.Equal(0, WorkingSet.Load(_folder).Pages);
        Assert.Equal(0, WorkingSet.Load(Path.Combine(_folder, "none")).Pages);
    }

    [Theory]
    [InlineData("working-set-1.index", "it is no index of pages")]
    [InlineData("working-set-x.index", "its name is no process's")]
    [InlineData("working-set-.index", "its name is no process's")]
    public void What_is_damaged_is_refused_by_name(string name, string reason)
    {
        File.WriteAllText(Path.Combine(_folder, name), "not an index, whatever else it is");

        string message = Assert.Throws<ImageException>(() => WorkingSet.Load(_folder)).Message;

        Assert.Contains(name, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }
}
