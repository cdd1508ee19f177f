using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;
using Figment.Linux.Processes;
using Figment.Linux.Tracing;

namespace Figment.Linux.Memory;

/// <summary>
/// Which pages of a process were written since they were last asked for, without its soft-dirty bits, which many kernels lack: they are write-protected (userfaultfd(2), which resolves that by itself: WP_ASYNC),
/// and the kernel says which no longer are (PAGEMAP_SCAN). Linux 6.7 and later. The process holds no descriptor of it; nothing is left when this is disposed.
/// </summary>
public sealed unsafe class WrittenPages : IDisposable
{
    /// <summary>With longer lists Linux 6.18 loses pages.</summary>
    internal const int RangesMax = 512;

    private const int SYS_close = 3;
    private const int SYS_userfaultfd = 323;
    private const int O_CLOEXEC = 0x80000;
    private const int O_NONBLOCK = 0x800;

    /// <summary>What a process may do that is not root's, too; for write protection that resolves itself it makes no difference.</summary>
    private const int UFFD_USER_MODE_ONLY = 1;

    private const nuint UFFDIO_API = 0xc018aa3f;
    private const nuint UFFDIO_REGISTER = 0xc020aa00;
    private const nuint UFFDIO_WRITEPROTECT = 0xc018aa06;
    private const ulong UFFD_API = 0xaa;
    private const ulong UFFD_FEATURE_PAGEFAULT_FLAG_WP = 1 << 0;
    private const ulong UFFD_FEATURE_WP_HUGETLBFS_SHMEM = 1 << 12;
    private const ulong UFFD_FEATURE_WP_UNPOPULATED = 1 << 13;
    private const ulong UFFD_FEATURE_WP_ASYNC = 1 << 15;
    private const ulong UFFDIO_REGISTER_MODE_WP = 2;
    private const nuint PAGEMAP_SCAN = 0xc0606610;
    private const ulong PM_SCAN_WP_MATCHING = 1;
    private const ulong PM_SCAN_CHECK_WPASYNC = 2;
    private const ulong PAGE_IS_WRITTEN = 1 << 1;
    private const ulong PAGE_IS_FILE = 1 << 2;
    private const ulong PAGE_IS_PRESENT = 1 << 3;
    private const ulong PAGE_IS_SWAPPED = 1 << 4;
    private const ulong PAGE_IS_PFNZERO = 1 << 5;

    private readonly int _process;
    private readonly Descriptor _faults;
    private readonly Descriptor _pagemap;
    private readonly List<PageRange> _left = [];

    private WrittenPages(int process, Descriptor faults, Descriptor pagemap) => (_process, _faults, _pagemap) = (process, faults, pagemap);

    /// <summary>The process stands still for some tenths of a millisecond.</summary>
    /// <exception cref="LinuxException">It cannot be had of this process, or on this kernel.</exception>
    public static WrittenPages Of(int process)
    {
        using var pidfd = Pidfd.Open(process);
        var faults = Tracee.Run(process, tracee =>
        {
            nint made = tracee.Call(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
            if (made < 0)
            {
                throw new LinuxException((Errno)(-made), "userfaultfd(2)", $"in process {process}");
            }

            var taken = pidfd.TakeDescriptor((int)made);
            tracee.Call(SYS_close, made);
            return taken ?? throw new LinuxException(Errno.ESRCH, "pidfd_getfd(2)", $"process {process}");
        });
        try
        {
            var api = new Libc.UserfaultApi { api = UFFD_API, features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED | UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM };
            LinuxException.ThrowIfNegative(Libc.ioctl(faults.Number, UFFDIO_API, (nint)(&api)), "ioctl(2) UFFDIO_API", "write protection that resolves itself");
            return new WrittenPages(process, faults, FileCalls.Open($"/proc/{process}/pagemap", FileCalls.O_RDONLY));
        }
        catch
        {
            faults.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Pages of a range which are the process's own (no file's, no zeros) and were written since the last time, or may have been: from now on they count as not written. The first time, all are told.
    /// <see cref="Leave"/> is to be called when this throws, or when what it told is of no use.
    /// </summary>
    /// <exception cref="LinuxException">ESRCH: the process has ended, or runs another program. Else the range cannot be followed as a whole, or is no longer there.</exception>
    public IEnumerable<PageRange> Take(PageRange range)
    {
        var found = new Libc.PageRegion[RangesMax];
        if (_left.Exists(left => left.Start < range.End && range.Start < left.End))
        {
            Follow(range);
        }

        for (ulong at = range.Start; at < range.End;)
        {
            int count = Scan(ref at, range.End, found);
            if (count < 0 && at == range.Start)
            {
                Follow(range);
                count = Scan(ref at, range.End, found);
            }

            if (count < 0)
            {
                throw new LinuxException(Errno.EPERM, "ioctl(2) PAGEMAP_SCAN", $"{at:x}-{range.End:x} of process {_process}");
            }

            for (int index = 0; index < count; index++)
            {
                yield return new PageRange(found[index].start, found[index].end);
            }
        }
    }

    /// <summary>All of its pages count as written the next time. The kernel is not told: by UFFDIO_UNREGISTER Linux before 6.17 would let go of what a program follows itself, too.</summary>
    public void Leave(PageRange range) => _left.Add(range);

    public void Dispose()
    {
        _faults.Dispose();
        _pagemap.Dispose();
    }

    /// <summary>
    /// All pages of the range count as written. Never does it take for granted what a range says that was not followed: when a program moves memory back to where it came from (mremap(2)), Linux 6.18
    /// follows the neighbour that it joins no longer, and leaves its pages as they are, written ones for unwritten ones.
    /// </summary>
    private void Follow(PageRange range)
    {
        var asked = new Libc.UserfaultRegister { start = range.Start, len = range.Length, mode = UFFDIO_REGISTER_MODE_WP };
        LinuxException.ThrowIfNegative(Libc.ioctl(_faults.Number, UFFDIO_REGISTER, (nint)(&asked)), "ioctl(2) UFFDIO_REGISTER", $"{range.Start:x}-{range.End:x} of process {_process}");
        var freed = new Libc.UserfaultWriteProtect { start = range.Start, len = range.Length };
        LinuxException.ThrowIfNegative(Libc.ioctl(_faults.Number, UFFDIO_WRITEPROTECT, (nint)(&freed)), "ioctl(2) UFFDIO_WRITEPROTECT", $"{range.Start:x}-{range.End:x} of process {_process}");
        foreach (var left in _left.Where(left => left.Start < range.End && range.Start < left.End).ToList())
        {
            _left.Remove(left);
            if (left.Start < range.Start)
            {
                _left.Add(new PageRange(left.Start, range.Start));
            }

            if (range.End < left.End)
            {
                _left.Add(new PageRange(range.End, left.End));
            }
        }
    }

    /// <returns>How many it found; -1: not all from there on is followed.</returns>
    private int Scan(ref ulong at, ulong end, Libc.PageRegion[] found)
    {
        fixed (Libc.PageRegion* regions = found)
        {
            var asked = new Libc.PagemapScan
            {
                size = (ulong)sizeof(Libc.PagemapScan),
                flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
                start = at,
                end = end,
                vec = (ulong)regions,
                vec_len = (ulong)found.Length,
                category_inverted = PAGE_IS_FILE | PAGE_IS_PFNZERO,
                category_mask = PAGE_IS_WRITTEN | PAGE_IS_FILE | PAGE_IS_PFNZERO,
                category_anyof_mask = PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
                return_mask = PAGE_IS_WRITTEN,
            };
            int count = Libc.ioctl(_pagemap.Number, PAGEMAP_SCAN, (nint)(&asked));
            if (count < 0)
            {
                var error = LinuxException.Last("ioctl(2) PAGEMAP_SCAN", $"{at:x}-{end:x} of process {_process}");
                return error.Error == Errno.EPERM ? -1 : throw error;
            }

            at = asked.walk_end;
            return count;
        }
    }
}
