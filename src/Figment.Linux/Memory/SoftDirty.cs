using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Figment.Linux.Memory;

/// <summary>The kernel's other way to tell which pages were written (CONFIG_MEM_SOFT_DIRTY), for programs that ask for it.</summary>
public static unsafe class SoftDirty
{
    private const int PageBytes = 4096;
    private const int Bit = 55;

    /// <summary>A page that was just written says so.</summary>
    public static bool IsSupported { get; } = Probe();

    /// <summary>All of a process's pages count as not written. It must stand still.</summary>
    public static void Reset(int process) => File.WriteAllText($"/proc/{process}/clear_refs", "4");

    private static bool Probe()
    {
        byte* page = (byte*)NativeMemory.AlignedAlloc(PageBytes, PageBytes);
        try
        {
            *page = 1;
            using var map = File.OpenHandle("/proc/self/pagemap");
            Span<byte> entry = stackalloc byte[sizeof(ulong)];
            RandomAccess.Read(map, entry, (long)((ulong)page / PageBytes * sizeof(ulong)));
            return (BinaryPrimitives.ReadUInt64LittleEndian(entry) >> Bit & 1) != 0;
        }
        finally
        {
            NativeMemory.AlignedFree(page);
        }
    }
}
