using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Memory;

/// <summary>The pages that a process lacks (userfaultfd(2)): it waits where it touches one, and whoever holds this gives it. When this is closed the kernel gives zeros. One caller at a time.</summary>
public sealed unsafe class MissingPages : IDisposable
{
    private const int EventsMax = 16;
    private const int SYS_userfaultfd = 323;
    private const int O_CLOEXEC = 0x80000;
    private const int O_NONBLOCK = 0x800;
    private const nuint UFFDIO_API = 0xc018aa3f;
    private const nuint UFFDIO_COPY = 0xc028aa03;
    private const nuint UFFDIO_ZEROPAGE = 0xc020aa04;
    private const nuint UFFDIO_WAKE = 0x8010aa02;
    private const ulong UFFD_API = 0xaa;
    private const ulong UFFD_FEATURE_EVENT_FORK = 1 << 1;
    private const ulong UFFD_FEATURE_EVENT_REMAP = 1 << 2;
    private const ulong UFFD_FEATURE_EVENT_REMOVE = 1 << 3;
    private const ulong UFFD_FEATURE_EVENT_UNMAP = 1 << 6;
    private const byte UFFD_EVENT_PAGEFAULT = 0x12;
    private const byte UFFD_EVENT_FORK = 0x13;
    private const byte UFFD_EVENT_REMAP = 0x14;
    private const byte UFFD_EVENT_REMOVE = 0x15;
    private const byte UFFD_EVENT_UNMAP = 0x16;

    /// <param name="descriptor">A userfaultfd that does not block; is closed with this.</param>
    public MissingPages(Descriptor descriptor) => Descriptor = descriptor;

    /// <summary>Readable when there are events.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>Null: this process may have it, with all its events. Else why not.</summary>
    public static string? Complaint()
    {
        try
        {
            using var descriptor = new Descriptor((int)LinuxException.ThrowIfNegative(Libc.syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK, 0, 0, 0, 0, 0), "userfaultfd(2)", "this process"));
            var api = new Libc.UserfaultApi { api = UFFD_API, features = UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP };
            LinuxException.ThrowIfNegative(Libc.ioctl(descriptor.Number, UFFDIO_API, (nint)(&api)), "ioctl(2) UFFDIO_API", "events of fork, mremap, munmap and madvise");
            return null;
        }
        catch (LinuxException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>What has happened since the last time; whoever did it waits until it is read here.</summary>
    /// <param name="into">Gets at most some; as long as it gets any there may be more.</param>
    public void Read(ICollection<FaultEvent> into)
    {
        var events = stackalloc Libc.UserfaultMessage[EventsMax];
        nint bytes = Libc.read(Descriptor.Number, (byte*)events, (nuint)(EventsMax * sizeof(Libc.UserfaultMessage)));
        if (bytes < 0)
        {
            var error = LinuxException.Last("read(2)", $"userfaultfd {Descriptor.Number}");
            if (error.Error is not (Errno.EAGAIN or Errno.EINTR))
            {
                throw error;
            }
        }

        for (int index = 0; index < bytes / sizeof(Libc.UserfaultMessage); index++)
        {
            into.Add(Parse(events[index]));
        }
    }

    /// <summary>Gives it pages, until one that it cannot be given; who waits for one of them goes on.</summary>
    /// <param name="address">Of the first.</param>
    /// <param name="pages">Whole pages.</param>
    /// <returns>How many bytes it got, and why not all. EAGAIN: it changes its memory, read the events first. EEXIST: it has that page. ENOENT: the pages are not all in one range that lacks pages. ESRCH: it has ended, or runs another program.</returns>
    public (int Bytes, Errno Error) Copy(ulong address, ReadOnlySpan<byte> pages)
    {
        fixed (byte* start = pages)
        {
            var asked = new Libc.UserfaultCopy { dst = address, src = (ulong)start, len = (ulong)pages.Length };
            var error = Error(Libc.ioctl(Descriptor.Number, UFFDIO_COPY, (nint)(&asked)));
            return ((int)Math.Max(0, asked.copy), error);
        }
    }

    /// <summary>The same, with zeros.</summary>
    public (int Bytes, Errno Error) Zero(ulong address, int bytes)
    {
        var asked = new Libc.UserfaultZero { start = address, len = (ulong)bytes };
        var error = Error(Libc.ioctl(Descriptor.Number, UFFDIO_ZEROPAGE, (nint)(&asked)));
        return ((int)Math.Max(0, asked.zeropage), error);
    }

    /// <summary>Who waits in this range looks again.</summary>
    public void Wake(PageRange range)
    {
        var asked = new Libc.UserfaultRange { start = range.Start, len = range.Length };

        // Of a process that has ended nobody waits.
        _ = Libc.ioctl(Descriptor.Number, UFFDIO_WAKE, (nint)(&asked));
    }

    public void Dispose() => Descriptor.Dispose();

    private static Errno Error(int result) => result == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    private static FaultEvent Parse(in Libc.UserfaultMessage message) => message.@event switch
    {
        UFFD_EVENT_PAGEFAULT => new FaultEvent.Touched(message.fault_address),
        UFFD_EVENT_FORK => new FaultEvent.Forked(new Descriptor((int)message.fork_ufd)),
        UFFD_EVENT_REMAP => new FaultEvent.Moved(message.start, message.end, message.remap_len),
        UFFD_EVENT_REMOVE or UFFD_EVENT_UNMAP => new FaultEvent.Removed(new PageRange(message.start, message.end)),
        var other => throw new LinuxException(Errno.EPROTO, "read(2)", $"event {other} of a userfaultfd"),
    };
}
