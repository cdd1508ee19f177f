namespace Figment.Migration.Memory;

/// <summary>Pages that stand one behind the other, in memory and in a file.</summary>
/// <param name="Address">Of the first.</param>
/// <param name="Place">The first one's in the file, in pages.</param>
/// <param name="Pages">How many.</param>
/// <param name="Turn">What came later has a higher one.</param>
internal readonly record struct PageRun(ulong Address, int Place, int Pages, uint Turn)
{
    public ulong End => Address + ((ulong)Pages * MemoryPage.Bytes);
}
