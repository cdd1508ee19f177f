namespace Figment.Node.Addresses;

/// <summary>Picks networks of one size out of a larger one. Pure: what is taken comes in, what was chosen goes out.</summary>
public static class AddressPool
{
    /// <summary>The first network of that size in the pool that overlaps nothing taken; null when the pool is used up.</summary>
    public static Ipv4Range? First(Ipv4Range pool, int prefix, IEnumerable<Ipv4Range> taken)
    {
        if (prefix < pool.Prefix)
        {
            return null;
        }

        var sorted = taken.Where(pool.Overlaps).OrderBy(range => range.First).ToList();
        long size = 1L << (32 - prefix);
        long candidate = pool.First;
        int index = 0;
        while (candidate + size - 1 <= pool.Last)
        {
            while (index < sorted.Count && sorted[index].Last < candidate)
            {
                index++;
            }

            // The list is sorted by first address, and a wide range may come before narrow ones inside it: all that begin before the candidate's end count.
            long end = candidate + size - 1;
            long blockedTo = -1;
            for (int look = index; look < sorted.Count && sorted[look].First <= end; look++)
            {
                if (sorted[look].Last >= candidate)
                {
                    blockedTo = Math.Max(blockedTo, sorted[look].Last);
                }
            }

            if (blockedTo < 0)
            {
                return Ipv4Range.Around((uint)candidate, prefix);
            }

            candidate = (blockedTo + size) / size * size;
        }

        return null;
    }
}
