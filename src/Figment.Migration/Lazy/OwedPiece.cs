using Figment.Linux.Memory;
using Figment.Migration.Memory;

namespace Figment.Migration.Lazy;

/// <summary>Pages that are still where a machine came from.</summary>
/// <param name="Process">Its number in its tree's PID namespace.</param>
/// <param name="Address">Of the first, when it was dumped.</param>
/// <param name="Pages">How many.</param>
public readonly record struct OwedPiece(int Process, ulong Address, int Pages)
{
    public int Bytes => Pages * MemoryPage.Bytes;

    internal PageRange Range => new(Address, Address + (ulong)Bytes);
}
