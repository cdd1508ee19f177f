namespace Figment.Linux.Memory;

/// <summary>Pages of a process, by addresses.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">The first behind them.</param>
public readonly record struct PageRange(ulong Start, ulong End)
{
    public ulong Length => End - Start;
}
