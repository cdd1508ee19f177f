using System.Diagnostics;
using Figment.Linux.Cgroups;

namespace Figment.Linux.Tests.Cgroups;

/// <summary>On this system's own control groups; needs root.</summary>
public sealed class MachineCgroupTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly CgroupLayout _layout = CgroupLayout.Detect();
    private readonly string _application = $"figment-test-{Environment.ProcessId}";

    [Fact]
    public void Killing_a_group_ends_its_processes_and_no_others_and_leaves_nothing_when_it_is_removed()
    {
        using var member = Process.Start("sleep", "1000");
        using var other = Process.Start("sleep", "1000");
        try
        {
            MachineCgroup.Create(_layout, _application + "/web-1").Join(member.Id);
            MachineCgroup.Create(_layout, _application + "/web-2").Join(other.Id);
            Assert.Equal(["web-1", "web-2"], MachineCgroup.Below(_layout, _application).Order());

            var killed = MachineCgroup.Kill(_layout, _application + "/web-1");

            Assert.Equal([member.Id], killed.Select(process => process.Pid));
            Assert.True(member.WaitForExit(Limit), "the member lives");
            Assert.False(other.HasExited);
        }
        finally
        {
            member.Kill();
            other.Kill();
            Assert.True(member.WaitForExit(Limit) && other.WaitForExit(Limit));
        }

        Assert.Empty(MachineCgroup.Kill(_layout, _application + "/web-2"));
        MachineCgroup.RemoveEmpty(_layout, _application + "/web-1");
        Assert.Equal(["web-2"], MachineCgroup.Below(_layout, _application));
        MachineCgroup.RemoveEmpty(_layout, _application + "/web-2");
        Assert.Empty(MachineCgroup.Below(_layout, _application));
        Assert.Empty(MachineCgroup.Kill(_layout, _application));
    }
}
