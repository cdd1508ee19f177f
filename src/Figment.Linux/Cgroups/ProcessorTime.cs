namespace Figment.Linux.Cgroups;

/// <summary>The processor time that a machine has used (cgroups(7)): of the controller cpuacct of version 1, or of the unified tree. Any thread.</summary>
public sealed class ProcessorTime : IDisposable
{
    private const long NanosecondsPerMicrosecond = 1000;

    private readonly GroupFile _file;
    private readonly bool _isUnified;

    private ProcessorTime(GroupFile file, bool isUnified) => (_file, _isUnified) = (file, isUnified);

    /// <summary>Null: this system does not count.</summary>
    public static ProcessorTime? Open(MachineCgroup group) => Open(group.Folders);

    /// <param name="folders">By controller, as <see cref="MachineCgroup.Folders"/>.</param>
    /// <returns>Null: this system does not count.</returns>
    /// <exception cref="IOException">The group is gone.</exception>
    public static ProcessorTime? Open(IReadOnlyDictionary<string, string> folders)
    {
        if (folders.TryGetValue("cpuacct", out string? folder))
        {
            return GroupFile.Open(folder, "cpuacct.usage") is { } usage ? new ProcessorTime(usage, isUnified: false) : null;
        }

        return folders.TryGetValue(MachineCgroup.UnifiedKey, out folder) && GroupFile.Open(folder, "cpu.stat") is { } stat ? new ProcessorTime(stat, isUnified: true) : null;
    }

    /// <exception cref="IOException">The group is gone.</exception>
    public long ReadUs() => _isUnified ? _file.Number("usage_usec"u8) : _file.Number(""u8) / NanosecondsPerMicrosecond;

    public void Dispose() => _file.Dispose();
}
