using Figment.Linux.Memory;
using Figment.Migration.Images;
using Figment.Migration.Memory;

namespace Figment.Migration.Lazy;

/// <summary>
/// Mappings of which a process and its parent have the same pages, as they have after fork(2). Restored with the images such pages stay one, each that comes when it is touched is one of its own:
/// a server with many processes would take its memory many times.
/// </summary>
internal static class SharedMappings
{
    /// <summary>So many pages of a mapping are looked at.</summary>
    private const int SampleMax = 64;

    /// <summary>One of so many is the same: what is not found to be shared takes at most that much more.</summary>
    private const int ShareLeast = 4;

    /// <param name="images">Of the dump.</param>
    /// <param name="mappings">Of each process, those that may come when they are touched.</param>
    /// <param name="files">Where their pages are.</param>
    /// <exception cref="ImageException">The dump is damaged.</exception>
    /// <exception cref="IOException">A page cannot be read.</exception>
    public static IReadOnlySet<PageRange> Of(string images, IReadOnlyDictionary<int, IReadOnlyList<PageRange>> mappings, IReadOnlyDictionary<int, PageFile> files)
    {
        HashSet<PageRange> shared = [];
        if (mappings.Count < 2)
        {
            return shared;
        }

        foreach (var (child, parent) in ProcessTreeImage.Parents(images))
        {
            if (mappings.TryGetValue(child, out var own) && mappings.TryGetValue(parent, out var theirs) && files.TryGetValue(child, out var file) && files.TryGetValue(parent, out var other))
            {
                var runs = file.Runs().ToList();
                shared.UnionWith(own.Intersect(theirs).Where(range => !shared.Contains(range) && IsShared(range, runs, file, other)));
            }
        }

        return shared;
    }

    private static bool IsShared(PageRange range, IReadOnlyList<PageRun> runs, PageFile file, PageFile other)
    {
        var inside = runs.Where(run => run.Address < range.End && run.End > range.Start).ToList();
        int step = Math.Max(1, inside.Sum(run => run.Pages) / SampleMax);
        byte[] page = new byte[MemoryPage.Bytes];
        byte[] another = new byte[MemoryPage.Bytes];
        int looked = 0;
        int same = 0;
        int skip = 0;
        foreach (var run in inside)
        {
            for (; skip < run.Pages; skip += step)
            {
                ulong address = run.Address + ((ulong)skip * MemoryPage.Bytes);
                if (file.Read(address, page) == page.Length && page.AsSpan().ContainsAnyExcept((byte)0))
                {
                    looked++;
                    same += other.Read(address, another) == another.Length && page.AsSpan().SequenceEqual(another) ? 1 : 0;
                }
            }

            skip -= run.Pages;
        }

        return same > 0 && same * ShareLeast >= looked;
    }
}
