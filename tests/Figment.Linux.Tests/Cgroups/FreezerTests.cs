using System.Globalization;
using Figment.Linux.Cgroups;
using Figment.Linux.Children;
using Figment.Linux.Namespaces;

namespace Figment.Linux.Tests.Cgroups;

/// <summary>On this system's own control groups, in each tree that can freeze; needs root.</summary>
public sealed class FreezerTests
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly string _path = $"figment-test-{Environment.ProcessId}/freezer";

    public static TheoryData<bool> Trees()
    {
        var layout = CgroupLayout.Detect();
        TheoryData<bool> trees = [];
        if (layout.Unified is not null)
        {
            trees.Add(true);
        }

        if (layout.Controllers.ContainsKey("freezer"))
        {
            trees.Add(false);
        }

        return trees;
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_program_that_is_busy_stands_still_while_it_is_frozen_and_then_goes_on(bool unified)
    {
        var layout = Layout(unified);
        var group = MachineCgroup.Create(layout, _path);
        using var child = new PreparedChild();
        child.AddJoin(group);
        child.AddCloseOthers();
        child.AddExecute(["/bin/sh"], ["sh", "-c", "while :; do :; done"], []);
        using var process = child.Start(NamespaceKind.None);
        try
        {
            Assert.Null(child.ReadReport());
            AwaitTicks(process.Pid, "0 0");
            using var freezer = Assert.IsType<Freezer>(Freezer.Open(group));

            Assert.True(freezer.Freeze(Limit, TimeProvider.System));

            string before = Ticks(process.Pid);
            using (var pause = new ManualResetEventSlim())
            {
                pause.Wait(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
            }

            Assert.Equal(before, Ticks(process.Pid));
            freezer.Thaw();
            AwaitTicks(process.Pid, before);
        }
        finally
        {
            foreach (var member in MachineCgroup.Kill(layout, _path))
            {
                Assert.True(member.AwaitEnd(Limit));
                member.Dispose();
            }

            process.Wait();
            Assert.Empty(group.Remove(TimeProvider.System));
            MachineCgroup.RemoveEmpty(layout, Path.GetDirectoryName(_path)!);
        }
    }

    [Fact]
    public void Where_there_is_no_tree_that_can_there_is_no_freezer() =>
        Assert.Null(Freezer.Open(MachineCgroup.Create(new CgroupLayout { Controllers = new Dictionary<string, string>(), Unified = null, UnifiedControllers = [] }, _path)));

    private static CgroupLayout Layout(bool unified)
    {
        var layout = CgroupLayout.Detect();
        return unified
            ? layout with { Controllers = new Dictionary<string, string>() }
            : layout with { Controllers = new Dictionary<string, string> { ["freezer"] = layout.Controllers["freezer"] }, Unified = null };
    }

    private static void AwaitTicks(int process, string former)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (Ticks(process) == former)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, "it does not run");
            Thread.Yield();
        }
    }

    /// <summary>Processor time, user's and kernel's, in clock ticks.</summary>
    private static string Ticks(int process)
    {
        string[] words = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat")).Split(')')[^1].Split(' ');
        return string.Join(' ', words[12..14]);
    }
}
