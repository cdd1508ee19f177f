using System.Diagnostics;
using System.Globalization;
using Figment.Migration.Criu;
using Figment.Migration.Images;
using Figment.Migration.Lazy;
using Figment.Migration.Memory;

namespace Figment.Migration.Tests.Lazy;

/// <summary>Programs that go on before their memory is there. With CRIU, as root.</summary>
public sealed class LazyPagesTests(ITestOutputHelper output) : IDisposable
{
    private readonly LazyTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void The_old_way_from_the_same_folder()
    {
        _tree.Move("keeper.c", "64");
        _tree.RestoreEagerly("check");
        Assert.Equal("right", _tree.Answer());
        output.WriteLine($"restored in {_tree.Took.TotalMilliseconds:F0} ms");
    }

    [Theory]
    [InlineData(64)]
    [InlineData(400)]
    public void Every_page_is_what_it_was(int megabytes)
    {
        _tree.Move("keeper.c", megabytes.ToString(CultureInfo.InvariantCulture));
        _tree.Restore("one");
        Assert.Equal("right", _tree.Answer());
        Assert.Equal("right", _tree.AskFor("check"));
        var report = _tree.AwaitMemory();
        Assert.InRange(report.Pages, megabytes << 8, (megabytes << 8) + 1000);
        Assert.Equal("right", _tree.AskFor("check"));
        output.WriteLine($"{megabytes} MB: restored in {_tree.Took.TotalMilliseconds:F0} ms; {report}");
    }

    /// <summary>What it does the moment it runs, while nothing has come but what it touches.</summary>
    [Theory]
    [InlineData("check", false)]
    [InlineData("map", true)]
    [InlineData("map", false)]
    [InlineData("split", true)]
    [InlineData("split", false)]
    [InlineData("run", true)]
    [InlineData("run", false)]
    public void Whatever_it_does_with_its_memory_meanwhile_it_finds_what_must_stand_there(string what, bool holdsBack)
    {
        _tree.Move("keeper.c", "100");
        _tree.Restore(what, holdsBack);
        Assert.Equal("right", _tree.Answer());
        _tree.Lazy!.HoldBack(false);
        output.WriteLine(_tree.AwaitMemory().ToString());
    }

    /// <summary>From the images themselves, as a machine that was on storage.</summary>
    [Theory]
    [InlineData("check", false)]
    [InlineData("map", true)]
    [InlineData("split", false)]
    [InlineData("run", true)]
    public void It_finds_what_must_stand_there_also_in_images_that_have_it_all(string what, bool holdsBack)
    {
        _tree.Move("keeper.c", "100");
        _tree.RestoreWhole(what, held: holdsBack ? () => { } : null);
        Assert.Equal("right", _tree.Answer());
        _tree.Lazy!.HoldBack(false);
        var report = _tree.AwaitMemory();
        Assert.InRange(report.Pages, 100 << 8, (100 << 8) + 1000);
        output.WriteLine(report.ToString());
    }

    /// <summary>What it waited for the first time it need not wait for the second.</summary>
    [Fact]
    public void What_it_touched_first_comes_first()
    {
        _tree.Move("keeper.c", "100");
        _tree.RestoreWhole("one", held: () => { });
        Assert.Equal("right", _tree.Answer());
        _tree.Lazy!.HoldBack(false);
        var first = _tree.AwaitMemory();
        Assert.InRange(first.WorkingSet.Pages, 1, first.Pages / 4);
        _tree.End();

        _tree.RestoreWhole("one", first.WorkingSet);
        Assert.Equal("right", _tree.Answer());
        var second = _tree.AwaitMemory();
        Assert.True(second.Touched < first.Touched, $"{second} after {first}");
        Assert.Equal("right", _tree.AskFor("check"));
        output.WriteLine($"{first}, then {second}");
    }

    [Fact]
    public void What_processes_share_since_a_fork_they_still_share_from_images_that_have_it_all()
    {
        _tree.Move("keeper.c", "64", "0", "child");
        _tree.RestoreWhole("check");
        Assert.Equal("right", _tree.Answer());
        _tree.AwaitMemory();
        Assert.InRange(SharedBytes(), 64 << 20, 80 << 20);
    }

    [Fact]
    public void Programs_that_never_rest_go_on_from_images_that_have_it_all()
    {
        _tree.Move("writer.c");
        _tree.RestoreWhole();
        foreach (int process in new[] { 0, 1 })
        {
            long then = _tree.Good(process);
            LazyTree.Eventually(() => _tree.Good(process) > then + 20, "its memory is right");
        }

        _tree.AwaitMemory();
    }

    /// <summary>Two processes that write, give back, move and map anew as fast as they can.</summary>
    [Fact]
    public void Programs_that_never_rest_go_on()
    {
        _tree.Move("writer.c");
        _tree.Restore();
        foreach (int process in new[] { 0, 1 })
        {
            long then = _tree.Good(process);
            LazyTree.Eventually(() => _tree.Good(process) > then + 20, "its memory is right");
        }

        output.WriteLine(_tree.AwaitMemory().ToString());
    }

    /// <summary>A server with workers does not take its memory once for each.</summary>
    [Fact]
    public void What_processes_share_since_a_fork_they_still_share()
    {
        _tree.Move("keeper.c", "64", "0", "child");
        _tree.Restore("check");
        Assert.Equal("right", _tree.Answer());
        output.WriteLine(_tree.AwaitMemory().ToString());
        Assert.Equal(2, _tree.Processes().Count);
        Assert.InRange(SharedBytes(), 64 << 20, 80 << 20);
    }

    [Fact]
    public void Called_off_it_can_be_tried_again_from_the_same_folder()
    {
        _tree.Move("keeper.c", "64");
        _tree.Restore(runs: false);
        _tree.Restore("check");
        Assert.Equal("right", _tree.Answer());
        _tree.End();
        _tree.RestoreEagerly("check");
        Assert.Equal("right", _tree.Answer());
    }

    /// <summary>The file is cut off when it has been opened: nobody is to go on with zeros.</summary>
    [Fact]
    public void Memory_that_cannot_be_read_any_more_is_said_and_nobody_goes_on_without_it()
    {
        _tree.Move("keeper.c", "64");
        _tree.Restore("check", holdsBack: true, held: CutOff);

        Assert.Contains("is not there", _tree.Answer(), StringComparison.Ordinal);
        Assert.Equal(_tree.Answer(), _tree.Lazy!.Failure);
        Assert.False(_tree.Lazy.Done.IsCompletedSuccessfully);
    }

    [Fact]
    public void Where_the_restore_itself_needs_what_cannot_be_read_it_fails_at_once_and_can_be_tried_again()
    {
        _tree.Move("keeper.c", "64");
        byte[] whole = File.ReadAllBytes(Memory());
        var clock = Stopwatch.StartNew();
        Assert.Contains("is not there", Assert.Throws<CriuException>(() => _tree.Restore(before: CutOff)).Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        File.WriteAllBytes(Memory(), whole);
        _tree.Restore("check");
        Assert.Equal("right", _tree.Answer());
    }

    [Fact]
    public void Memory_that_is_cut_off_or_lacks_a_page_is_refused_before()
    {
        _tree.Move("keeper.c", "8");
        string file = Memory();
        byte[] whole = File.ReadAllBytes(file);
        byte[] index = File.ReadAllBytes(file + ".index");
        foreach (int length in new[] { whole.Length / 2, whole.Length - 1, whole.Length - 4096, 0 })
        {
            File.WriteAllBytes(file, whole[..length]);
            output.WriteLine(Assert.Throws<ImageException>(() => _tree.Restore()).Message);
        }

        File.WriteAllBytes(file, whole);
        var runs = PageIndex.Parse("", index, whole.Length / 4096);
        var last = runs.MaxBy(run => run.Place);
        File.WriteAllBytes(file, whole[..(last.Place * 4096)]);
        File.WriteAllBytes(file + ".index", PageIndex.ToBytes([.. runs.Where(run => run != last)]));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"nobody has page {last.Address:x}"), Assert.Throws<ImageException>(() => _tree.Restore()).Message, StringComparison.Ordinal);
        File.WriteAllBytes(file, whole);
        File.WriteAllBytes(file + ".index", index);
        _tree.Restore("check");
        Assert.Equal("right", _tree.Answer());
    }

    /// <summary>As .NET's collector reserves them.</summary>
    [Fact]
    public void A_program_that_has_reserved_more_than_the_node_has_is_named_and_restored_the_old_way()
    {
        _tree.Move("keeper.c", "64", "256");
        string? complaint = LazyMemory.Complaint(_tree.There);
        Assert.Matches("^process [0-9]+ \\(keeper\\) has reserved 256 GiB, more than this node's memory$", complaint);
        _tree.RestoreEagerly("check");
        Assert.Equal("right", _tree.Answer());
    }

    [Fact]
    public void All_others_may_come_when_they_are_touched()
    {
        _tree.Move("keeper.c", "8");
        Assert.Null(LazyMemory.Complaint(_tree.There));
    }

    private string Memory() => Directory.GetFiles(_tree.Pages).Single(path => !Path.HasExtension(path));

    private void CutOff()
    {
        using var file = new FileStream(Memory(), FileMode.Open);
        file.SetLength(file.Length / 2);
    }

    private long SharedBytes() =>
        _tree.Processes().Sum(process => long.Parse(File.ReadLines($"/proc/{process}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10);
}
