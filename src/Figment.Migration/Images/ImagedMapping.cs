using Figment.Linux.Memory;

namespace Figment.Migration.Images;

/// <summary>What a process of a dump has mapped.</summary>
/// <param name="Range">Where.</param>
/// <param name="Flags">As for mmap(2).</param>
/// <param name="Status">CRIU's own word for what it is.</param>
/// <param name="Advice">A bit for each of madvise(2).</param>
internal sealed record ImagedMapping(PageRange Range, uint Flags, uint Status, ulong Advice)
{
    private const int MADV_WIPEONFORK = 18;
    private const uint MAP_PRIVATE = 0x2;
    private const uint MAP_ANONYMOUS = 0x20;
    private const uint MAP_LOCKED = 0x2000;
    private const uint MAP_NORESERVE = 0x4000;
    private const uint MAP_HUGETLB = 0x40000;
    private const uint VMA_AREA_VSYSCALL = 1 << 2;
    private const uint VMA_AREA_VDSO = 1 << 3;
    private const uint VMA_AREA_VVAR = 1 << 12;

    /// <summary>CRIU has it lack pages: <c>vma_entry_can_be_lazy</c>.</summary>
    public bool MayBeLazy =>
        (Flags & (MAP_ANONYMOUS | MAP_PRIVATE)) == (MAP_ANONYMOUS | MAP_PRIVATE)
        && (Flags & (MAP_LOCKED | MAP_HUGETLB)) == 0
        && (Status & (VMA_AREA_VDSO | VMA_AREA_VVAR | VMA_AREA_VSYSCALL)) == 0;

    /// <summary>Its program wants it empty in copies of it.</summary>
    public bool IsWipedInCopies => (Advice & (1ul << MADV_WIPEONFORK)) != 0;

    /// <summary>The kernel counts it as memory that may be used, if it is writable.</summary>
    public bool IsReserved => (Flags & MAP_PRIVATE) != 0 && (Flags & MAP_NORESERVE) == 0;
}
