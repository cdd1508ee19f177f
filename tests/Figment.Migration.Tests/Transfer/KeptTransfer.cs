using Figment.Linux.Memory;
using Figment.Migration.Transfer;
using Figment.Migration.Written;

namespace Figment.Migration.Tests.Transfer;

/// <summary>Keeps what comes.</summary>
internal sealed class KeptTransfer : ITransferTarget
{
    private const int PageBytes = 4096;
    private const int BoundedPages = 2048;

    /// <summary>Takes no more than so much of what nobody has sent: a head of one frame may tell of 4 GiB of zeros.</summary>
    public bool Bounded { get; init; }

    public Dictionary<(int Process, ulong Address), byte[]> Pages { get; } = [];

    public Dictionary<string, MemoryStream> Files { get; } = [];

    public List<int> Rounds { get; } = [];

    public KeptWritten Kept { get; } = new();

    public IWrittenSink Written => Kept;

    public void Put(int process, ulong address, ReadOnlySpan<byte> pages)
    {
        for (int at = 0; at < pages.Length && !(Bounded && Pages.Count >= BoundedPages); at += PageBytes)
        {
            Owed.Remove((process, address + (ulong)at));
            Pages[(process, address + (ulong)at)] = pages[at..(at + PageBytes)].ToArray();
        }
    }

    public HashSet<(int Process, ulong Address)> Owed { get; } = [];

    public void Owe(int process, PageRange range)
    {
        for (ulong at = range.Start; at < range.End && !(Bounded && Owed.Count >= BoundedPages); at += PageBytes)
        {
            Pages.Remove((process, at));
            Owed.Add((process, at));
        }
    }

    public ulong? Lacks(int process, PageRange range)
    {
        for (ulong at = range.Start; at < range.End; at += PageBytes)
        {
            if (!Pages.ContainsKey((process, at)) && !Owed.Contains((process, at)))
            {
                return at;
            }
        }

        return null;
    }

    public Stream Create(string name) => Files[name] = new MemoryStream();

    public void EndRound(int number) => Rounds.Add(number);
}
