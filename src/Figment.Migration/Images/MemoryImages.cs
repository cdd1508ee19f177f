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

    private const uint InParent = 1;
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
        var map = ImageFile.Empty(Name("pagemap", process), ImageKind.PageMap);
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
        File.Exists(Path.Combine(images, Name("pagemap", process))) ? [.. Entries(Load(images, process)).Where(entry => (entry.Flags & InParent) != 0).Select(entry => entry.Range)] : [];

    /// <summary>The dump of a process gets the pages that it left out. Whole or not at all.</summary>
    /// <exception cref="ImageException">It is damaged, or there is no such page.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public static void Complete(string images, int process, PageReader read)
    {
        if (LeftOut(images, process).Count == 0)
        {
            return;
        }

        var old = Load(images, process);
        var head = old.Read(0, PageMapHead.Parser);
        string pages = Path.Combine(images, Name("pages", (int)head.PagesId));
        if (!File.Exists(pages))
        {
            throw new ImageException(old.Name, 0, $"its pages are not there: {pages}");
        }

        string fresh = pages + ".new";
        var map = ImageFile.Empty(old.Name, ImageKind.PageMap);
        map.Add(head);
        using (var from = File.OpenHandle(pages))
        using (var to = File.OpenHandle(fresh, FileMode.Create, FileAccess.Write))
        {
            byte[] buffer = new byte[BufferBytes];
            long taken = 0;
            long written = 0;
            foreach (var (range, flags) in Entries(old))
            {
                bool isLeftOut = (flags & InParent) != 0;
                for (ulong at = range.Start; at < range.End;)
                {
                    var into = buffer.AsSpan(0, (int)Math.Min(BufferBytes, range.End - at));
                    int length = isLeftOut ? read(at, into) : Next(from, into, ref taken, pages);
                    if (length == 0)
                    {
                        throw new ImageException(old.Name, 0, string.Create(CultureInfo.InvariantCulture, $"nobody has page {at:x}"));
                    }

                    RandomAccess.Write(to, into[..length], written);
                    written += length;
                    at += (ulong)length;
                }

                map.Add(Entry(range, (flags & ~InParent) | Present));
            }
        }

        File.Move(fresh, pages, overwrite: true);
        map.Save(old.Name);
    }

    /// <summary>A dump that has all of its memory needs no parent.</summary>
    public static void Detach(string images) => File.Delete(Path.Combine(images, ParentLink));

    private static int Next(SafeFileHandle from, Span<byte> into, ref long taken, string name)
    {
        int length = RandomAccess.Read(from, into, taken) / MemoryPage.Bytes * MemoryPage.Bytes;
        taken += length;
        return length > 0 ? length : throw new ImageException(name, taken, "it ends there, and its map has more pages");
    }

    private static string Name(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}.img");

    private static ImageFile Load(string images, int process) => ImageFile.Load(Path.Combine(images, Name("pagemap", process)), ImageKind.PageMap);

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
