using Figment.Linux.Memory;
using Figment.Migration.Memory;

namespace Figment.Migration.Lazy;

/// <summary>The memory of one process as it was dumped: what is here, and what comes when it is asked for. One caller.</summary>
/// <param name="here">Null: nothing is.</param>
/// <param name="owed">Null: all that there is is here.</param>
internal sealed class SavedPages(PageFile? here, OwedFile? owed)
{
    /// <summary>What is here, with its turns.</summary>
    public IEnumerable<PageRun> Runs => here?.Runs() ?? [];

    /// <summary>That page is still to come.</summary>
    public bool Awaits(ulong address) => owed?.Awaits(address) == true;

    /// <summary>As many pages from there on as stand together, and fit.</summary>
    /// <returns>The bytes read; 0: the first is not here.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public int Read(ulong address, Span<byte> into) => owed?.Read(address, into) is > 0 and var bytes ? bytes : here?.Read(address, into) ?? 0;

    /// <summary>Of a range the first pages that are not still to come; null: all of it is.</summary>
    public LazyRange? Ready(LazyRange range) => owed is null ? range
        : owed.Ready(new PageRange(range.Saved, range.Saved + range.Length)) is { } ready ? range.Part(ready.Start - range.Saved + range.Start, ready.End - range.Saved + range.Start)
        : null;

    /// <summary>Of a range the first pages that are to come and were not asked for; they are from now on.</summary>
    public (ulong Address, int Pages)? Ask(LazyRange range, int most) => owed?.Ask(new PageRange(range.Saved, range.Saved + range.Length), most);
}
