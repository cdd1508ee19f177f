using Figment.Linux.Cgroups;

namespace Figment.Box.Freezing;

/// <summary>Gives the memory of a machine that stands still back to the node, a piece at a time: who comes meanwhile waits for one piece. One thread at a time.</summary>
internal sealed class MemoryRelease : IDisposable
{
    /// <summary>To swap so much takes 2 to 4 ms.</summary>
    private const long PieceBytes = 1024 * 1024;

    private readonly MemoryUse? _use;
    private readonly MemoryReclaim? _reclaim;

    /// <exception cref="IOException">The machine is gone.</exception>
    public MemoryRelease(MachineCgroup cgroup)
    {
        _use = MemoryUse.Open(cgroup.Folders);
        _reclaim = _use is null ? null : MemoryReclaim.Open(cgroup.Folders, _use);
        BytesBefore = Bytes();
    }

    public long BytesBefore { get; }

    public long Bytes() => _use?.ReadBytes() ?? 0;

    /// <summary>False: that was all.</summary>
    /// <exception cref="IOException">The machine is gone.</exception>
    public bool Next() => _reclaim?.Take(PieceBytes) == true && Bytes() > PieceBytes;

    public void Dispose() => _use?.Dispose();
}
