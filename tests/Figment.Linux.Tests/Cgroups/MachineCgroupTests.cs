using Figment.Linux.Cgroups;
using Figment.Linux.Children;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;

namespace Figment.Linux.Tests.Cgroups;

/// <summary>On this system's own control groups; needs root.</summary>
public sealed class MachineCgroupTests
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly CgroupLayout _layout = CgroupLayout.Detect();
    private readonly string _application = $"figment-test-{Environment.ProcessId}-groups";

    [Fact]
    public void Killing_a_group_ends_its_processes_and_no_others_and_leaves_nothing_when_it_is_removed()
    {
        using var member = Sleeper("/web-1");
        using var other = Sleeper("/web-2");
        try
        {
            Assert.All(File.ReadLines($"/proc/{member.Pid}/cgroup").Where(IsOurs), line => Assert.EndsWith(_application + "/web-1", line, StringComparison.Ordinal));
            Assert.Equal(["web-1", "web-2"], MachineCgroup.Below(_layout, _application).Order());

            var killed = MachineCgroup.Kill(_layout, _application + "/web-1");

            Assert.Equal([member.Pid], killed.Select(process => process.Pid));
            Assert.True(member.AwaitEnd(Limit), "the member lives");
            Assert.False(other.AwaitEnd(TimeSpan.Zero));
        }
        finally
        {
            member.Signal(SIGKILL);
            other.Signal(SIGKILL);
            member.Wait();
            other.Wait();
        }

        Assert.Empty(MachineCgroup.Kill(_layout, _application + "/web-2"));
        MachineCgroup.RemoveEmpty(_layout, _application + "/web-1");
        Assert.Equal(["web-2"], MachineCgroup.Below(_layout, _application));
        MachineCgroup.RemoveEmpty(_layout, _application + "/web-2");
        Assert.Empty(MachineCgroup.Below(_layout, _application));
        Assert.Empty(MachineCgroup.Kill(_layout, _application));
    }

    private Pidfd Sleeper(string machine)
    {
        using var child = new PreparedChild();
        child.AddJoin(MachineCgroup.Create(_layout, _application + machine));
        child.AddCloseOthers();
        child.AddExecute(["/bin/sleep"], ["sleep", "1000"], []);
        var process = child.Start(NamespaceKind.None);
        Assert.Null(child.ReadReport());
        return process;
    }

    /// <summary>A line of a tree in which machines have groups: of the unified one, or of a controller.</summary>
    private bool IsOurs(string line)
    {
        string controllers = line.Split(':')[1];
        return controllers.Length == 0 ? _layout.Unified is not null : controllers.Split(',').Any(_layout.Controllers.ContainsKey);
    }
}
