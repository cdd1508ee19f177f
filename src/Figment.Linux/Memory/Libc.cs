using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint process_vm_readv(int pid, Iovec* local, nuint localCount, Iovec* remote, nuint remoteCount, nuint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial byte* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int munmap(void* address, nuint length);

    /// <summary>native/present, which is linked into the box alone.</summary>
    [LibraryImport("libfigment-present")]
    internal static partial void figment_present_heap(nint @object, nuint bytes, nuint region);

    /// <summary>uffdio_api.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserfaultApi
    {
        public ulong api;
        public ulong features;
        public ulong ioctls;
    }

    /// <summary>uffdio_register.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserfaultRegister
    {
        public ulong start;
        public ulong len;
        public ulong mode;
        public ulong ioctls;
    }

    /// <summary>uffdio_range.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserfaultRange
    {
        public ulong start;
        public ulong len;
    }

    /// <summary>uffdio_writeprotect.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserfaultWriteProtect
    {
        public ulong start;
        public ulong len;
        public ulong mode;
    }

    /// <summary>uffdio_copy.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserfaultCopy
    {
        public ulong dst;
        public ulong src;
        public ulong len;
        public ulong mode;
        public long copy;
    }

    /// <summary>uffdio_zeropage.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserfaultZero
    {
        public ulong start;
        public ulong len;
        public ulong mode;
        public long zeropage;
    }

    /// <summary>uffd_msg; which of its last fields count is said by the first.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct UserfaultMessage
    {
        [FieldOffset(0)]
        public byte @event;

        [FieldOffset(16)]
        public ulong fault_address;

        [FieldOffset(8)]
        public uint fork_ufd;

        [FieldOffset(8)]
        public ulong start;

        [FieldOffset(16)]
        public ulong end;

        [FieldOffset(24)]
        public ulong remap_len;
    }

    /// <summary>page_region.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PageRegion
    {
        public ulong start;
        public ulong end;
        public ulong categories;
    }

    /// <summary>pm_scan_arg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PagemapScan
    {
        public ulong size;
        public ulong flags;
        public ulong start;
        public ulong end;
        public ulong walk_end;
        public ulong vec;
        public ulong vec_len;
        public ulong max_pages;
        public ulong category_inverted;
        public ulong category_mask;
        public ulong category_anyof_mask;
        public ulong return_mask;
    }
}
