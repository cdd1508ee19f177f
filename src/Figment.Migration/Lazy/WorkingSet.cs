using System.Globalization;
using Figment.Linux.Memory;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Migration.Transfer;

namespace Figment.Migration.Lazy;

/// <summary>
/// What a machine touched before all of its memory was there, by the addresses that it had when it was dumped: when it comes back once more that comes first. In a folder a file for each process, in the format of
/// <see cref="PageIndex"/>. It is a guess: pages that are not there any more do no harm, without it everything comes in the order of addresses. One caller.
/// </summary>
public sealed class WorkingSet
{
    private const string Prefix = "working-set-";
    private const string Suffix = ".index";

    /// <summary>Where a program has what in its memory is nobody else's business.</summary>
    private static readonly FileStreamOptions s_own = new() { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };

    private readonly Dictionary<int, PageSet> _pages = [];

    /// <summary>How many pages.</summary>
    public long Pages => _pages.Values.Sum(pages => pages.Count);

    /// <summary>What was saved there; nothing if nothing was.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static WorkingSet Load(string folder)
    {
        var set = new WorkingSet();
        foreach (string path in Files(folder))
        {
            if (!int.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length..^Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            {
                throw new ImageException(path, 0, "its name is no process's");
            }

            foreach (var run in PageIndex.Parse(path, File.ReadAllBytes(path), null))
            {
                set.Add(process, run.Address, run.Pages);
            }
        }

        return set;
    }

    /// <summary>In place of what was saved there before. Each file is there whole or not at all.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void Save(string folder)
    {
        HashSet<string> old = [.. Files(folder)];
        foreach (var (process, pages) in _pages)
        {
            string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{process}{Suffix}"));
            using (var file = new FileStream(path + ".new", s_own))
            {
                file.Write(PageIndex.ToBytes([.. pages.Runs()]));
            }

            File.Move(path + ".new", path, overwrite: true);
            old.Remove(path);
        }

        foreach (string path in old)
        {
            File.Delete(path);
        }
    }

    /// <summary>Also what another one has.</summary>
    public void Add(WorkingSet other)
    {
        foreach (var (process, pages) in other._pages)
        {
            foreach (var run in pages.Runs())
            {
                Add(process, run.Address, run.Pages);
            }
        }
    }

    internal void Add(int process, ulong address, int pages)
    {
        if (!_pages.TryGetValue(process, out var set))
        {
            _pages[process] = set = new PageSet();
        }

        set.Add(address, (uint)pages);
    }

    /// <summary>Runs of a process in parts, those in the set with a higher turn.</summary>
    internal IEnumerable<PageRun> First(int process, IEnumerable<PageRun> runs)
    {
        List<PageRange> known = _pages.TryGetValue(process, out var set) ? [.. set.Runs().Select(run => new PageRange(run.Address, run.End))] : [];
        int next = 0;
        foreach (var run in runs)
        {
            ulong at = run.Address;
            for (; next < known.Count && known[next].End <= at; next++)
            {
            }

            for (int index = next; index < known.Count && known[index].Start < run.End; index++)
            {
                var (start, end) = (Math.Max(known[index].Start, at), Math.Min(known[index].End, run.End));
                if (start > at)
                {
                    yield return Part(run, at, start, turn: 0);
                }

                yield return Part(run, start, end, turn: 1);
                at = end;
            }

            if (at < run.End)
            {
                yield return Part(run, at, run.End, turn: 0);
            }
        }
    }

    private static PageRun Part(PageRun run, ulong start, ulong end, uint turn) =>
        new(start, run.Place + (int)((start - run.Address) / MemoryPage.Bytes), (int)((end - start) / MemoryPage.Bytes), turn);

    private static string[] Files(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, Prefix + "*" + Suffix) : [];
}
