using System.Buffers.Binary;

namespace Figment.Migration.Images;

/// <summary>
/// Takes filters that notify a supervisor out of a dump. Restored as they are nobody would listen to them; the tree is restored under a fresh one of its box instead.
/// All others stay, in their order: the box's deny list, and those that the program has installed itself.
/// </summary>
public static class SeccompImages
{
    /// <summary>BPF_RET | BPF_K.</summary>
    private const ushort ReturnConstant = 0x06;

    /// <summary>SECCOMP_RET_USER_NOTIF, the action in the upper half.</summary>
    private const uint UserNotification = 0x7fc00000;
    private const uint ActionMask = 0xffff0000;
    private const int InstructionBytes = 8;

    /// <summary>Returns how many were taken out.</summary>
    /// <param name="folder">Of a complete dump.</param>
    /// <exception cref="ImageException">An image is damaged. Nothing was changed.</exception>
    public static int RemoveNotifiers(string folder)
    {
        string path = Path.Combine(folder, "seccomp.img");
        if (!File.Exists(path))
        {
            return 0;
        }

        var image = ImageFile.Load(path, ImageKind.Seccomp);
        var filters = image.Count == 1 ? image.Read(0, SeccompFilters.Parser) : throw new ImageException(path, 0, $"{image.Count} tables of filters where one is expected");
        int?[] newer = Renumber(path, filters);
        int removed = newer.Count(place => place is null);
        if (removed == 0)
        {
            return 0;
        }

        // All is computed before anything is written.
        var cores = Directory.GetFiles(folder, "core-*.img").Select(core => ImageFile.Load(core, ImageKind.Core)).ToList();
        cores.ForEach(core => Mend(core, filters, newer));
        var kept = new SeccompFilters();
        foreach (var (index, filter) in filters.Filters.Index().Where(filter => newer[filter.Index] is not null))
        {
            var copy = filter.Clone();
            copy.ClearPrevious();
            if (Survivor(filters, newer, PreviousOf(filters, index)) is { } previous)
            {
                copy.Previous = (uint)previous;
            }

            kept.Filters.Add(copy);
        }

        cores.ForEach(core => core.Save(core.Name));
        if (kept.Filters.Count == 0)
        {
            File.Delete(path);
        }
        else
        {
            image.Replace(0, kept);
            image.Save(path);
        }

        return removed;
    }

    /// <summary>Whether it may return that a supervisor is to decide.</summary>
    internal static bool Notifies(ReadOnlySpan<byte> program)
    {
        for (; program.Length >= InstructionBytes; program = program[InstructionBytes..])
        {
            // struct sock_filter: code, jt, jf, k.
            if (BinaryPrimitives.ReadUInt16LittleEndian(program) == ReturnConstant && (BinaryPrimitives.ReadUInt32LittleEndian(program[4..]) & ActionMask) == UserNotification)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>For each filter its place among those that stay; null: it goes.</summary>
    private static int?[] Renumber(string path, SeccompFilters filters)
    {
        int next = 0;
        var places = new int?[filters.Filters.Count];
        for (int index = 0; index < places.Length; index++)
        {
            // The kernel's chain has no circles: each filter names one that is before it.
            if (PreviousOf(filters, index) >= index)
            {
                throw new ImageException(path, 0, $"filter {index} follows filter {filters.Filters[index].Previous}");
            }

            places[index] = Notifies(filters.Filters[index].Program.Span) ? null : next++;
        }

        return places;
    }

    private static int? PreviousOf(SeccompFilters filters, int index) => filters.Filters[index].HasPrevious ? (int)filters.Filters[index].Previous : null;

    /// <summary>The new place of a filter, or of the nearest below it that stays.</summary>
    private static int? Survivor(SeccompFilters filters, int?[] places, int? filter)
    {
        while (filter is { } index && places[index] is null)
        {
            filter = PreviousOf(filters, index);
        }

        return filter is { } found ? places[found] : null;
    }

    private static void Mend(ImageFile core, SeccompFilters filters, int?[] places)
    {
        for (int index = 0; index < core.Count; index++)
        {
            var state = core.Read(index, CoreState.Parser);
            if (state.Thread is not { HasSeccompFilter: true } thread)
            {
                continue;
            }

            if (thread.SeccompFilter >= places.Length)
            {
                throw new ImageException(core.Name, 0, $"a thread has filter {thread.SeccompFilter} of {places.Length}");
            }

            if (Survivor(filters, places, (int)thread.SeccompFilter) is { } place)
            {
                thread.SeccompFilter = (uint)place;
            }
            else
            {
                thread.ClearSeccompFilter();
                thread.ClearSeccompMode();
            }

            core.Replace(index, state);
        }
    }
}
