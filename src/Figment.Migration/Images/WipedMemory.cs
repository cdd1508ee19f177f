using Figment.Linux.Memory;

namespace Figment.Migration.Images;

/// <summary>
/// Memory that is to be empty in whatever is copied from a process, as in a child after fork(2): MADV_WIPEONFORK of madvise(2). Programs keep there the state of their random numbers, and what tells them that they
/// were copied. A snapshot from which several machines begin is such a copy.
/// </summary>
public static class WipedMemory
{
    /// <summary>Empties it in a dump that has all of its memory.</summary>
    /// <param name="images">Of the dump.</param>
    /// <returns>How many pages.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static long Clear(string images)
    {
        long pages = 0;
        foreach (int process in MemoryImages.Processes(images))
        {
            List<PageRange> wiped = [.. MappingImages.Of(images, process).Where(mapping => mapping.IsWipedInCopies).Select(mapping => mapping.Range)];
            if (wiped.Count > 0)
            {
                pages += MemoryImages.Clear(images, process, wiped);
            }
        }

        return pages;
    }
}
