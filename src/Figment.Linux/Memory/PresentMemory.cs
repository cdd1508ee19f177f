using System.Runtime.CompilerServices;
using Figment.Linux.Native;

namespace Figment.Linux.Memory;

/// <summary>Makes memory present before it is touched, for a program that is started while somebody waits (docs/decisions/0011). In executables that link <c>native/present</c> only.</summary>
public static class PresentMemory
{
    /// <summary>Of a region of the collector's (GCRegionSize, by default).</summary>
    private const int RegionBytes = 4 * 1024 * 1024;

    /// <summary>The next that will be allocated by this thread and others.</summary>
    public static unsafe void Allocations(int bytes)
    {
        object latest = new();
        Libc.figment_present_heap(*(nint*)Unsafe.AsPointer(ref latest), (nuint)bytes, RegionBytes);
        GC.KeepAlive(latest);
    }
}
