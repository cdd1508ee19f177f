using System.Globalization;
using Figment.Linux.Memory;
using Figment.Migration.Memory;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Images;

/// <summary>
/// Dumps whose memory is elsewhere. A dump with a parent leaves out what the parent has and was not written since; the parent that is made here says that it has everything.
/// What the dump then takes for the parent's is what the copy must have.
/// </summary>
internal static class MemoryImages
{
    /// <summary>CRIU's name for the parent, in the folder of a dump.</summary>
    public const string ParentLink = "parent";

    private const string Map = "pagemap";
    private const uint InParent = 1;
    private const uint Lazy = 2;
    private const uint Present = 4;
    private const int BufferBytes = 1 << 20;
    private const uint Version = 2;

    /// <param name="address">Of the first page.</param>
    /// <param name="into">As many as stand together.</param>
    /// <returns>The bytes read; 0: it does not have the first.</returns>
    public delegate int PageReader(ulong address, Span<byte> into);

    /// <summary>Says that the parent has all pages of these ranges.</summary>
    /// <param name="parent">Its folder.</param>
    /// <param name="process">In its tree's PID namespace.</param>
    /// <param name="areas">In ascending order.</param>
    public static void WriteParent(string parent, int process, IReadOnlyList<PageRange> areas)
    {
        var map = ImageFile.Empty(Name(Map, process), ImageKind.PageMap);
        map.Add(new PageMapHead { PagesId = (uint)process });
        foreach (var area in areas)
        {
            map.Add(Entry(area, Present));
        }

        map.Save(Path.Combine(parent, map.Name));
        File.WriteAllBytes(Path.Combine(parent, Name("pages", process)), []);
    }

    /// <summary>When it was made: CRIU takes processes that began later for others.</summary>
    public static void WriteParentInventory(string parent)
    {
        string uptime = File.ReadAllText("/proc/uptime");
        double seconds = double.Parse(uptime.AsSpan(0, uptime.IndexOf(' ')), CultureInfo.InvariantCulture);
        var inventory = ImageFile.Empty("inventory.img", ImageKind.Inventory);
        inventory.Add(new Inventory { ImageVersion = Version, DumpUptime = (ulong)(seconds * 1_000_000) });
        inventory.Save(Path.Combine(parent, inventory.Name));
    }

    /// <summary>Pages that a dump has left to its parent.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static IReadOnlyList<PageRange> LeftOut(string images, int process) =>
        File.Exists(Path.Combine(images, Name(Map, process))) ? [.. Entries(Load(images, process)).Where(entry => (entry.Flags & InParent) != 0).Select(entry => entry.Range)] : [];

    /// <summary>Looks whether all that a dump has left to its parent is there.</summary>
    /// <param name="images">Of the dump.</param>
    /// <param name="lacks">The first page of a range of a process that is not there; null: all are.</param>
    /// <exception cref="ImageException">It is damaged, or there is no such page.</exception>
    public static void CheckLeftOut(string images, Func<int, PageRange, ulong?> lacks)
    {
        foreach (int process in Processes(images))
        {
            foreach (var range in LeftOut(images, process))
            {
                if (lacks(process, range) is { } page)
                {
                    throw NoPage(Path.Combine(images, Name(Map, process)), page);
                }
            }
        }
    }

    /// <summary>The processes whose memory a dump has, by their numbers in their tree's PID namespace.</summary>
    public static IReadOnlyList<int> Processes(string images) =>
        [.. Directory.GetFiles(images, Map + "-*.img").Select(path => Path.GetFileNameWithoutExtension(path)[(Map.Length + 1)..]).Where(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Select(number => int.Parse(number, CultureInfo.InvariantCulture)).Order()];

    /// <summary>The dump of a process gets the pages that it left out. Whole or not at all.</summary>
    /// <exception cref="ImageException">It is damaged, or there is no such page.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public static void Complete(string images, int process, PageReader read)
    {
        if (LeftOut(images, process).Count > 0)
        {
            Rewrite(images, process, read, [], flags => (flags & ~InParent) | Present);
        }
    }

    /// <summary>The same, but pages of some areas that it left out are only marked as what comes when it is touched. Nothing else is.</summary>
    /// <param name="images">Of the dump.</param>
    /// <param name="process">In its tree's PID namespace.</param>
    /// <param name="read">For all other pages.</param>
    /// <param name="areas">In ascending order.</param>
    /// <returns>What was marked, in ascending order; no range is in two areas.</returns>
    /// <exception cref="ImageException">It is damaged, or there is no such page.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public static IReadOnlyList<PageRange> MarkLazy(string images, int process, PageReader read, IReadOnlyList<PageRange> areas) =>
        Rewrite(images, process, read, areas, flags => (flags & ~(InParent | Lazy)) | Present);

    /// <summary>The pages that a dump has, in ascending order, and the file that they are in.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static (string File, IReadOnlyList<PageRun> Runs) PagesOf(string images, int process)
    {
        var map = Load(images, process);
        string path = Path.Combine(images, Name("pages", (int)map.Read(0, PageMapHead.Parser).PagesId));
        long pages = (File.Exists(path) ? new FileInfo(path).Length : 0) / MemoryPage.Bytes;
        List<PageRun> runs = [];
        long place = 0;
        foreach (var (range, _) in Entries(map).Where(entry => (entry.Flags & Present) != 0))
        {
            ulong count = range.Length / MemoryPage.Bytes;
            if (count > (ulong)(pages - place) || pages > int.MaxValue)
            {
                throw new ImageException(path, place * MemoryPage.Bytes, "it ends there, and its map has more pages");
            }

            runs.Add(new PageRun(range.Start, (int)place, (int)count, Turn: 0));
            place += (long)count;
        }

        return (path, runs);
    }

    /// <summary>Marks pages that a dump has, of some areas, as what comes when it is touched: CRIU passes over them. The file of pages stays as it is.</summary>
    /// <param name="images">Of the dump.</param>
    /// <param name="process">In its tree's PID namespace.</param>
    /// <param name="areas">In ascending order.</param>
    /// <returns>What was marked, in ascending order; no range is in two areas.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public static IReadOnlyList<PageRange> MarkPresent(string images, int process, IReadOnlyList<PageRange> areas)
    {
        var old = Load(images, process);
        var map = ImageFile.Empty(old.Name, ImageKind.PageMap);
        map.Add(old.Read(0, PageMapHead.Parser));
        List<PageRange> marked = [];
        foreach (var (range, flags) in Entries(old))
        {
            foreach (var (part, isInside) in (flags & Present) == 0 ? [(range, false)] : Cut(range, areas))
            {
                map.Add(Entry(part, isInside ? flags | Lazy : flags & ~Lazy));
                if (isInside)
                {
                    marked.Add(part);
                }
            }
        }

        map.Save(old.Name);
        return marked;
    }

    /// <summary>Empties pages of a dump that has all of its memory. They stay in its file, which is the same for all who have it.</summary>
    /// <param name="images">Of the dump.</param>
    /// <param name="process">In its tree's PID namespace.</param>
    /// <param name="areas">In ascending order.</param>
    /// <returns>How many pages.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static long Clear(string images, int process, IReadOnlyList<PageRange> areas)
    {
        var map = Load(images, process);
        string path = Path.Combine(images, Name("pages", (int)map.Read(0, PageMapHead.Parser).PagesId));
        using var pages = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        long length = RandomAccess.GetLength(pages);
        byte[] zeros = new byte[BufferBytes];
        long at = 0;
        long cleared = 0;
        foreach (var (range, _) in Entries(map).Where(entry => (entry.Flags & Present) != 0))
        {
            foreach (var (part, isInside) in Cut(range, areas))
            {
                if ((long)part.Length < 0 || (long)part.Length > length - at)
                {
                    throw new ImageException(path, at, "it ends there, and its map has more pages");
                }

                for (long end = at + (long)part.Length; at < end;)
                {
                    int some = (int)Math.Min(BufferBytes, end - at);
                    if (isInside)
                    {
                        RandomAccess.Write(pages, zeros.AsSpan(0, some), at);
                        cleared += some;
                    }

                    at += some;
                }
            }
        }

        return cleared / MemoryPage.Bytes;
    }

    private static List<PageRange> Rewrite(string images, int process, PageReader read, IReadOnlyList<PageRange> areas, Func<uint, uint> flagsOf)
    {
        var old = Load(images, process);
        var head = old.Read(0, PageMapHead.Parser);
        List<(PageRange Range, uint Flags, bool IsLazy)> parts =
            [.. Entries(old).SelectMany(entry => (entry.Flags & InParent) == 0 ? [(entry.Range, entry.Flags, false)] : Cut(entry.Range, areas).Select(part => (part.Range, entry.Flags, part.IsInside)))];
        if (parts.Exists(part => (part.Flags & InParent) != 0 && !part.IsLazy))
        {
            Fill(Path.Combine(images, Name("pages", (int)head.PagesId)), old.Name, read, parts.Where(part => !part.IsLazy));
        }

        var map = ImageFile.Empty(old.Name, ImageKind.PageMap);
        map.Add(head);
        foreach (var (range, flags, isLazy) in parts)
        {
            map.Add(Entry(range, isLazy ? Lazy : flagsOf(flags)));
        }

        map.Save(old.Name);
        return [.. parts.Where(part => part.IsLazy).Select(part => part.Range)];
    }

    private static void Fill(string pages, string map, PageReader read, IEnumerable<(PageRange Range, uint Flags, bool IsLazy)> parts)
    {
        if (!File.Exists(pages))
        {
            throw new ImageException(map, 0, $"its pages are not there: {pages}");
        }

        string fresh = pages + ".new";
        using (var from = File.OpenHandle(pages))
        using (var to = File.OpenHandle(fresh, FileMode.Create, FileAccess.Write))
        {
            byte[] buffer = new byte[BufferBytes];
            long taken = 0;
            long written = 0;
            foreach (var (range, flags, _) in parts)
            {
                bool isLeftOut = (flags & InParent) != 0;
                for (ulong at = range.Start; at < range.End;)
                {
                    var into = buffer.AsSpan(0, (int)Math.Min(BufferBytes, range.End - at));
                    int length = isLeftOut ? read(at, into) : Next(from, into, ref taken, pages);
                    if (length == 0)
                    {
                        throw NoPage(map, at);
                    }

                    RandomAccess.Write(to, into[..length], written);
                    written += length;
                    at += (ulong)length;
                }
            }
        }

        File.Move(fresh, pages, overwrite: true);
    }

    /// <summary>A range in parts that are each in one of the areas, or in none.</summary>
    private static IEnumerable<(PageRange Range, bool IsInside)> Cut(PageRange range, IReadOnlyList<PageRange> areas)
    {
        ulong at = range.Start;
        foreach (var area in areas.Where(area => area.End > range.Start && area.Start < range.End))
        {
            if (area.Start > at)
            {
                yield return (new PageRange(at, area.Start), false);
                at = area.Start;
            }

            ulong end = Math.Min(area.End, range.End);
            yield return (new PageRange(at, end), true);
            at = end;
        }

        if (at < range.End)
        {
            yield return (new PageRange(at, range.End), false);
        }
    }

    private static ImageException NoPage(string map, ulong address) => new(map, 0, string.Create(CultureInfo.InvariantCulture, $"nobody has page {address:x}"));

    /// <summary>A dump that has all of its memory needs no parent.</summary>
    public static void Detach(string images) => File.Delete(Path.Combine(images, ParentLink));

    private static int Next(SafeFileHandle from, Span<byte> into, ref long taken, string name)
    {
        int length = RandomAccess.Read(from, into, taken) / MemoryPage.Bytes * MemoryPage.Bytes;
        taken += length;
        return length > 0 ? length : throw new ImageException(name, taken, "it ends there, and its map has more pages");
    }

    private static string Name(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}.img");

    private static ImageFile Load(string images, int process) => ImageFile.Load(Path.Combine(images, Name(Map, process)), ImageKind.PageMap);

    private static IEnumerable<(PageRange Range, uint Flags)> Entries(ImageFile map)
    {
        for (int index = 1; index < map.Count; index++)
        {
            var entry = map.Read(index, PageMapEntry.Parser);
            ulong pages = entry.HasPages ? entry.Pages : entry.FewPages;
            if (entry.Address % MemoryPage.Bytes != 0 || pages > (ulong.MaxValue - entry.Address) / MemoryPage.Bytes)
            {
                throw new ImageException(map.Name, 0, string.Create(CultureInfo.InvariantCulture, $"{pages} pages at {entry.Address:x} cannot be"));
            }

            yield return (new PageRange(entry.Address, entry.Address + (pages * MemoryPage.Bytes)), entry.HasFlags ? entry.Flags : entry.IsInParent ? InParent : Present);
        }
    }

    private static PageMapEntry Entry(PageRange range, uint flags)
    {
        ulong pages = range.Length / MemoryPage.Bytes;
        return new PageMapEntry { Address = range.Start, FewPages = (uint)Math.Min(pages, uint.MaxValue), Flags = flags, Pages = pages };
    }
}
