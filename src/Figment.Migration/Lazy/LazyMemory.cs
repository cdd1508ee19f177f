using System.Globalization;
using Figment.Linux.Memory;
using Figment.Migration.Images;
using Figment.Migration.Memory;

namespace Figment.Migration.Lazy;

/// <summary>The memory of a dump that comes when it is touched. One caller.</summary>
public sealed class LazyMemory : IDisposable
{
    /// <summary>Beside the pages: those that have come since.</summary>
    private const string ComeSuffix = ".come";

    private readonly IReadOnlyDictionary<int, PageFile> _pages;
    private readonly Dictionary<int, IReadOnlyList<PageRange>> _missing;
    private readonly Dictionary<int, OwedFile> _owed;

    private LazyMemory(IReadOnlyDictionary<int, PageFile> pages, Dictionary<int, IReadOnlyList<PageRange>> missing, Dictionary<int, OwedFile> owed) =>
        (_pages, _missing, _owed, Owed) = (pages, missing, owed, owed.Count > 0 ? new OwedPages() : null);

    /// <summary>By which comes what is still where the machine came from; null: all is here.</summary>
    public OwedPages? Owed { get; }

    /// <summary>What its processes have waited for.</summary>
    public WorkingSet Touched { get; } = new();

    /// <summary>How many pages are to come.</summary>
    public long Pages => _missing.Values.Sum(ranges => ranges.Sum(range => (long)(range.Length / MemoryPage.Bytes)));

    /// <summary>Null: a dump's memory may come when it is touched. Else why not, on this node or with this dump.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static string? Complaint(string images) =>
        MissingPages.Complaint() is { } missing ? $"pages that are touched cannot be given: {missing}" : Reservation.Complaint(images);

    /// <summary>A dump that has all of its memory has so much of it that a machine begins sooner if that comes later.</summary>
    public static bool Pays(string images) =>
        Directory.EnumerateFiles(images, "pages-*.img").Sum(file => new FileInfo(file).Length) >= LazyLimits.WholeBytes;

    /// <summary>Says in the images which pages are to come, and puts all others into them.</summary>
    /// <param name="images">As CRIU is to read them: a view of the dump. Links there to the dump's own files are replaced, not written to.</param>
    /// <param name="pages">What <see cref="PageFolder.Keep"/> left.</param>
    /// <exception cref="ImageException">The dump is damaged, or wants a page that is not here.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public static LazyMemory Mark(string images, string pages)
    {
        var folder = PageFolder.Open(pages);
        Dictionary<int, OwedFile> owed = [];
        try
        {
            Dictionary<int, IReadOnlyList<PageRange>> missing = [];
            var mappings = Mappings(images);
            var shared = SharedMappings.Of(images, mappings, folder.Files);
            foreach (var (process, areas) in mappings)
            {
                folder.Files.TryGetValue(process, out var file);
                missing[process] = MemoryImages.MarkLazy(images, process, file is null ? (_, _) => 0 : file.Read, [.. areas.Where(area => !shared.Contains(area))]);
                if (missing[process].Select(range => file is null ? range.Start : file.Lacks(range)).FirstOrDefault(page => page is not null) is { } page)
                {
                    throw new ImageException(Path.Combine(pages, process.ToString(CultureInfo.InvariantCulture)), 0, string.Create(CultureInfo.InvariantCulture, $"nobody has page {page:x}"));
                }
            }

            foreach (var (process, file) in folder.Files.Where(pair => pair.Value.Owed.Count > 0))
            {
                owed[process] = new OwedFile(file.Owed.Runs(), Path.Combine(pages, process.ToString(CultureInfo.InvariantCulture) + ComeSuffix));
            }

            return new LazyMemory(folder.Files, missing, owed);
        }
        catch
        {
            Dispose(folder.Files, owed);
            throw;
        }
    }

    /// <summary>Says in the images of a dump that has all of its memory which pages are to come; they come from the dump's own files.</summary>
    /// <param name="images">As CRIU is to read them: a view of the dump.</param>
    /// <param name="first">What comes before the rest.</param>
    /// <exception cref="ImageException">The dump is damaged.</exception>
    /// <exception cref="IOException">It cannot be read, or there is no room.</exception>
    public static LazyMemory MarkWhole(string images, WorkingSet first)
    {
        Dictionary<int, PageFile> files = [];
        try
        {
            var mappings = Mappings(images);
            foreach (int process in mappings.Keys)
            {
                var (path, runs) = MemoryImages.PagesOf(images, process);
                if (runs.Count > 0)
                {
                    files[process] = PageFile.Of(path, first.First(process, runs));
                }
            }

            var shared = SharedMappings.Of(images, mappings, files);
            var missing = mappings.ToDictionary(pair => pair.Key, pair => MemoryImages.MarkPresent(images, pair.Key, [.. pair.Value.Where(area => !shared.Contains(area))]));
            return new LazyMemory(files, missing, []);
        }
        catch
        {
            Dispose(files, []);
            throw;
        }
    }

    public void Dispose() => Dispose(_pages, _owed);

    /// <summary>What a process lacks when it begins.</summary>
    internal IReadOnlyList<PageRange> MissingOf(int process) => _missing.GetValueOrDefault(process) ?? [];

    /// <summary>Where its pages are.</summary>
    internal SavedPages PagesOf(int process) => new(_pages.GetValueOrDefault(process), _owed.GetValueOrDefault(process));

    /// <summary>Takes what has come.</summary>
    /// <returns>Whether anything has.</returns>
    /// <exception cref="IOException">It cannot be written, or will not come.</exception>
    internal bool Receive()
    {
        bool has = false;
        while (Owed?.TryReceive(out var piece, out var pages) == true)
        {
            _owed[piece.Process].Put(piece.Address, pages.Span);
            has = true;
        }

        return has;
    }

    private static Dictionary<int, IReadOnlyList<PageRange>> Mappings(string images) =>
        MemoryImages.Processes(images).ToDictionary(process => process, IReadOnlyList<PageRange> (process) => [.. MappingImages.Of(images, process).Where(mapping => mapping.MayBeLazy).Select(mapping => mapping.Range)]);

    private static void Dispose(IReadOnlyDictionary<int, PageFile> pages, Dictionary<int, OwedFile> owed)
    {
        foreach (var file in pages.Values)
        {
            file.Dispose();
        }

        foreach (var file in owed.Values)
        {
            file.Dispose();
        }
    }
}
