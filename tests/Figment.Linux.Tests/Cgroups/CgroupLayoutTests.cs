using Figment.Linux.Cgroups;

namespace Figment.Linux.Tests.Cgroups;

public sealed class CgroupLayoutTests
{
    [Fact]
    public void A_unified_system_has_one_tree()
    {
        var layout = CgroupLayout.Parse(["30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"], path => path == "/sys/fs/cgroup/cgroup.controllers" ? "cpuset cpu io memory pids\n" : "");

        Assert.Equal("/sys/fs/cgroup", layout.Unified);
        Assert.Equal(["cpuset", "cpu", "io", "memory", "pids"], layout.UnifiedControllers);
        Assert.Empty(layout.Controllers);
    }

    [Fact]
    public void A_hybrid_system_has_both()
    {
        var layout = CgroupLayout.Parse(
            [
                "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct", "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd", "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw", "22 27 0:21 / /proc rw - proc proc rw",
            ],
            _ => "");

        Assert.Equal("/sys/fs/cgroup/unified", layout.Unified);
        Assert.Empty(layout.UnifiedControllers);
        Assert.Equal(["cpu=/sys/fs/cgroup/cpu,cpuacct", "cpuacct=/sys/fs/cgroup/cpu,cpuacct", "memory=/sys/fs/cgroup/memory"], layout.Controllers.Select(entry => $"{entry.Key}={entry.Value}").Order());
    }

    [Fact]
    public void A_unified_group_gets_its_controllers_at_every_level()
    {
        string root = Directory.CreateTempSubdirectory("figment-cgroup-").FullName;
        try
        {
            // Ordinary files in the place of the kernel's: what is tested is which are written, and with what.
            foreach (string folder in new[] { "", "figment", "figment/web-1" })
            {
                Directory.CreateDirectory(Path.Combine(root, folder));
                foreach (string file in new[] { "cgroup.subtree_control", "memory.max", "cpu.max" })
                {
                    File.WriteAllText(Path.Combine(root, folder, file), "");
                }
            }

            var group = MachineCgroup.Create(new CgroupLayout { Controllers = new Dictionary<string, string>(), Unified = root, UnifiedControllers = ["memory", "cpu"] }, "figment/web-1");

            Assert.Equal("+memory", File.ReadAllText(Path.Combine(root, "cgroup.subtree_control"))[^7..]);
            Assert.Equal("+memory", File.ReadAllText(Path.Combine(root, "figment", "cgroup.subtree_control"))[^7..]);
            Assert.Null(group.Set("memory", "memory.limit_in_bytes", "memory.max", "1", "1000"));
            Assert.Equal("1000", File.ReadAllText(Path.Combine(root, "figment/web-1/memory.max")));
            Assert.Contains("no control group controller pids", group.Set("pids", "pids.max", "pids.max", "5", "5"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
