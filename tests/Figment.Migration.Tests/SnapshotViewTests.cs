using Figment.Migration.Images;
using Google.Protobuf;

namespace Figment.Migration.Tests;

public sealed class SnapshotViewTests : IDisposable
{
    private const uint CommonMagic = 0x54564319;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-view-").FullName;

    private string View => _folder + ".view";

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        if (Directory.Exists(View))
        {
            Directory.Delete(View, recursive: true);
        }
    }

    [Fact]
    public void It_has_all_images_but_the_clocks_and_the_dump_stays_as_it_was()
    {
        Files();
        Core(1, null);
        File.WriteAllText(Path.Combine(_folder, "pages-1.img"), "pages");
        File.WriteAllText(Path.Combine(_folder, "timens-0.img"), "clocks");
        File.WriteAllText(Path.Combine(_folder, "dump.log"), "log");
        byte[] before = File.ReadAllBytes(Path.Combine(_folder, "files.img"));

        Assert.Empty(SnapshotView.Write(_folder, View, TimeSpan.FromSeconds(1), sameClocks: true));

        Assert.Equal(["core-1.img", "files.img", "pages-1.img"], Directory.GetFiles(View).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("pages", File.ReadAllText(Path.Combine(View, "pages-1.img")));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(_folder, "files.img")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Clocks_of_its_own_have_gone_on_and_the_node_s_stand_for_those_of_a_boot_that_is_over(bool sameClocks)
    {
        Files();
        Clocks(0, 100, 999_999_999);
        Clocks(3, 200, 0);

        SnapshotView.Write(_folder, View, TimeSpan.FromSeconds(7.5), sameClocks);

        Assert.Equal(!sameClocks, File.Exists(Path.Combine(View, "timens-0.img")));
        Assert.Equal((207ul, 500_000_000ul), ClocksOf(3));
        if (!sameClocks)
        {
            Assert.Equal((108ul, 499_999_999ul), ClocksOf(0));
        }
    }

    /// <summary>What was left, the interval and how often it has ended before; what is left after seven seconds and how often then.</summary>
    [Theory]
    [InlineData(1u, 10.0, 0.0, 0, 3.0, 0)]
    [InlineData(1u, 10.0, 2.0, 1, 3.0, 1)]
    [InlineData(1u, 7.0, 0.0, 0, 0.0, 1)]
    [InlineData(0u, 5.5, 0.0, 0, 0.0, 1)]
    [InlineData(7u, 5.5, 1.0, 0, 0.5, 2)]
    [InlineData(1u, 1.0, 3.0, 4, 3.0, 7)]
    [InlineData(1u, 0.0, 0.0, 2, 0.0, 2)]
    [InlineData(3u, 10.0, 0.0, 0, 10.0, 0)] // a thread's processor time
    public void A_timer_of_a_descriptor_has_gone_on(uint clock, double left, double interval, ulong ticks, double leftThen, ulong ticksThen)
    {
        Files(new FileEntry { Kind = FileKind.Timer, Id = 1, Timer = Timer(clock, left, interval, ticks) });

        SnapshotView.Write(_folder, View, TimeSpan.FromSeconds(7), sameClocks: true);

        Assert.Equal(Timer(clock, leftThen, interval, ticksThen), ImageFile.Load(Path.Combine(View, "files.img"), ImageKind.Files).Read(0, FileEntry.Parser).Timer);
    }

    [Fact]
    public void Timers_that_end_with_a_signal_have_gone_on_too()
    {
        Files();
        Core(1, new TaskTimers
        {
            Real = new IntervalTimer { LeftSeconds = 9, LeftMicroseconds = 5, IntervalSeconds = 1, IntervalMicroseconds = 0 },
            Posix =
            {
                new PosixTimer { Id = 0, Clock = 1, LeftSeconds = 5, LeftNanoseconds = 0, IntervalSeconds = 0, IntervalNanoseconds = 0 },
                new PosixTimer { Id = 1, Clock = 2, LeftSeconds = 5, LeftNanoseconds = 0, IntervalSeconds = 0, IntervalNanoseconds = 0 },
                new PosixTimer { Id = 2, Clock = 1, LeftSeconds = 0, LeftNanoseconds = 0, IntervalSeconds = 0, IntervalNanoseconds = 0 },
            },
        });
        Core(2, null);

        SnapshotView.Write(_folder, View, TimeSpan.FromSeconds(7), sameClocks: true);

        var timers = ImageFile.Load(Path.Combine(View, "core-1.img"), ImageKind.Core).Read(0, CoreState.Parser).Task.Timers;
        Assert.Equal((2ul, 5ul), (timers.Real.LeftSeconds, timers.Real.LeftMicroseconds));
        Assert.Equal([(0ul, 1ul), (5ul, 0ul), (0ul, 0ul)], timers.Posix.Select(timer => (timer.LeftSeconds, timer.LeftNanoseconds)));
    }

    private static TimerEntry Timer(uint clock, double left, double interval, ulong ticks) => new()
    {
        Id = 1,
        Clock = clock,
        Ticks = ticks,
        LeftSeconds = (ulong)left,
        LeftNanoseconds = (ulong)((left - Math.Floor(left)) * 1e9),
        IntervalSeconds = (ulong)interval,
        IntervalNanoseconds = (ulong)((interval - Math.Floor(interval)) * 1e9),
    };

    private void Clocks(int id, ulong seconds, ulong nanoseconds)
    {
        var shown = new ClocksEntry { Monotonic = new ClockTime { Seconds = seconds, Nanoseconds = nanoseconds }, Boot = new ClockTime { Seconds = seconds, Nanoseconds = nanoseconds } };
        File.WriteAllBytes(Path.Combine(_folder, $"timens-{id}.img"), ImageFileTests.Image(CommonMagic, (uint)ImageKind.Clocks, shown.ToByteArray()));
    }

    private (ulong Seconds, ulong Nanoseconds) ClocksOf(int id)
    {
        var shown = ImageFile.Load(Path.Combine(View, $"timens-{id}.img"), ImageKind.Clocks).Read(0, ClocksEntry.Parser);
        Assert.Equal(shown.Boot, shown.Monotonic);
        return (shown.Monotonic.Seconds, shown.Monotonic.Nanoseconds);
    }

    private void Files(params FileEntry[] entries) =>
        File.WriteAllBytes(Path.Combine(_folder, "files.img"), ImageFileTests.Image(CommonMagic, (uint)ImageKind.Files, [.. entries.Select(entry => entry.ToByteArray())]));

    private void Core(int pid, TaskTimers? timers)
    {
        var task = new TaskState { Command = "python3" };
        if (timers is not null)
        {
            task.Timers = timers;
        }

        File.WriteAllBytes(Path.Combine(_folder, $"core-{pid}.img"), ImageFileTests.Image(CommonMagic, (uint)ImageKind.Core, new CoreState { Task = task }.ToByteArray()));
    }
}
