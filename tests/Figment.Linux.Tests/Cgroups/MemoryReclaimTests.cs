using Figment.Linux.Cgroups;

namespace Figment.Linux.Tests.Cgroups;

public sealed class MemoryReclaimTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-reclaim-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Ordinary files in the place of the kernel's: what is tested is which are written, and with what.</summary>
    [Fact]
    public void The_unified_tree_is_asked_for_as_much_as_is_to_be_had()
    {
        File.WriteAllText(Path.Combine(_folder, "memory.current"), "9000000\n");
        File.WriteAllText(Path.Combine(_folder, "memory.reclaim"), "");
        var folders = new Dictionary<string, string> { [MachineCgroup.UnifiedKey] = _folder };
        using var use = MemoryUse.Open(folders)!;

        Assert.True(MemoryReclaim.Open(folders, use)!.Take(1048576));
        Assert.Equal("1048576", File.ReadAllText(Path.Combine(_folder, "memory.reclaim")));
    }

    [Fact]
    public void An_older_kernel_cannot()
    {
        File.WriteAllText(Path.Combine(_folder, "memory.current"), "9000000\n");
        var folders = new Dictionary<string, string> { [MachineCgroup.UnifiedKey] = _folder };
        using var use = MemoryUse.Open(folders)!;

        Assert.Null(MemoryReclaim.Open(folders, use));
    }
}
