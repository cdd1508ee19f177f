namespace Figment.Migration.Lazy;

/// <summary>Pages that a process lacks.</summary>
/// <param name="Start">The first one's address now.</param>
/// <param name="End">The first behind them.</param>
/// <param name="Saved">The first one's address when it was dumped.</param>
internal readonly record struct LazyRange(ulong Start, ulong End, ulong Saved)
{
    public ulong Length => End - Start;

    public bool IsMoved => Start != Saved;

    /// <summary>Of an address of it, what it was when it was dumped.</summary>
    public ulong SavedOf(ulong address) => Saved + (address - Start);

    /// <summary>What lies from one address of it to another.</summary>
    public LazyRange Part(ulong start, ulong end) => new(start, end, SavedOf(start));
}
