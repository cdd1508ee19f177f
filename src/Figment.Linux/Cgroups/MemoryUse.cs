namespace Figment.Linux.Cgroups;

/// <summary>The memory that a machine is charged with, its processes' and the file pages that it holds (cgroups(7)): of the controller of version 1, or of the unified tree. Any thread.</summary>
public sealed class MemoryUse : IDisposable
{
    private readonly GroupFile _file;

    private MemoryUse(GroupFile file) => _file = file;

    /// <param name="folders">By controller, as <see cref="MachineCgroup.Folders"/>.</param>
    /// <returns>Null: this system does not count.</returns>
    /// <exception cref="IOException">The group is gone.</exception>
    public static MemoryUse? Open(IReadOnlyDictionary<string, string> folders)
    {
        var file = folders.TryGetValue("memory", out string? folder) ? GroupFile.Open(folder, "memory.usage_in_bytes")
            : folders.TryGetValue(MachineCgroup.UnifiedKey, out folder) ? GroupFile.Open(folder, "memory.current")
            : null;
        return file is null ? null : new MemoryUse(file);
    }

    /// <exception cref="IOException">The group is gone.</exception>
    public long ReadBytes() => _file.Number(""u8);

    public void Dispose() => _file.Dispose();
}
