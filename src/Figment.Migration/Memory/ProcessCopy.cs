using System.Buffers.Binary;
using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Memory;

/// <summary>Copies the memory of one process: all that is its own, then what it wrote since. What it shares with others is left to the dump.</summary>
internal sealed class ProcessCopy : IDisposable
{
    private const ulong AT_RANDOM = 25;

    /// <summary>The kernel gives each program that is executed as many random bytes: by them it is known that it is still the same.</summary>
    private const int ProgramMarkBytes = 16;

    /// <summary>Ranges that are the kernel's: nobody can follow them, and dumps leave them out, or take them whole.</summary>
    private static readonly string[] Kernels = ["[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]", "[uprobes]"];

    private readonly int _process;
    private readonly byte[] _mark;
    private readonly WrittenPages _written;
    private readonly SafeFileHandle _memory;
    private readonly byte[] _buffer;
    private readonly List<PageRange> _unknown = [];

    private ProcessCopy(int process, int inside, byte[] mark, WrittenPages written, SafeFileHandle memory, byte[] buffer) =>
        (_process, Inside, _mark, _written, _memory, _buffer) = (process, inside, mark, written, memory, buffer);

    /// <summary>Its number in its tree's PID namespace.</summary>
    public int Inside { get; }

    /// <summary>Still the program that it was.</summary>
    public bool IsSame => _mark.AsSpan().SequenceEqual(Mark(_process));

    /// <param name="process">Its number here.</param>
    /// <param name="inside">In its tree's PID namespace.</param>
    /// <param name="buffer">For pages on their way; whole pages long.</param>
    /// <exception cref="LinuxException">Its writes cannot be followed.</exception>
    public static ProcessCopy Begin(int process, int inside, byte[] buffer)
    {
        byte[] mark = Mark(process);
        var written = mark.Length > 0 ? WrittenPages.Of(process) : throw new LinuxException(Errno.ESRCH, "process_vm_readv(2)", $"process {process}");
        try
        {
            return new ProcessCopy(process, inside, mark, written, ProcessMemory.Open(process), buffer);
        }
        catch
        {
            written.Dispose();
            throw;
        }
    }

    /// <summary>What it wrote since the last time.</summary>
    /// <returns>In pages; with those of ranges that have changed meanwhile and are still to be copied.</returns>
    /// <exception cref="LinuxException">ESRCH: it has ended, or runs another program.</exception>
    public long Round(IPageSink sink)
    {
        long pages = 0;
        foreach (var range in MappedArea.Of(_process).Where(IsFollowed).Select(area => new PageRange(area.Start, area.End)))
        {
            pages += Round(range, sink) ?? (long)(range.Length / MemoryPage.Bytes);
        }

        return pages;
    }

    /// <summary>The same, while it stands still: after it the copy is its memory, but for what <see cref="Fill"/> looks for.</summary>
    /// <param name="sink">Gets the pages.</param>
    /// <param name="owed">Areas whose pages the sink is owed; null: none.</param>
    /// <param name="areas">What it has mapped and is not left out.</param>
    /// <exception cref="LinuxException">ESRCH: it has ended, or runs another program.</exception>
    public long LastRound(IPageSink sink, IReadOnlySet<PageRange>? owed, out IReadOnlyList<PageRange> areas)
    {
        long pages = 0;
        List<PageRange> found = [];
        foreach (var area in MappedArea.Of(_process).Where(area => area is { IsShared: false, IsReadable: true }))
        {
            var range = new PageRange(area.Start, area.End);
            found.Add(range);
            if (IsFollowed(area) && Round(range, sink, owed?.Contains(range) == true) is { } count)
            {
                pages += count;
            }
            else
            {
                _unknown.Add(range);
            }
        }

        areas = found;
        return pages;
    }

    /// <summary>While it stands still: copies those of these pages that the sink does not have, or has of earlier.</summary>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    public void Fill(IEnumerable<PageRange> needed, IPageSink sink)
    {
        foreach (var range in needed)
        {
            foreach (ulong page in Missing(range, sink))
            {
                var into = _buffer.AsSpan(0, MemoryPage.Bytes);
                Read(page, into);
                sink.Put(Inside, page, into);
            }
        }
    }

    /// <summary>While it stands still.</summary>
    /// <exception cref="IOException">Not all of it can be read.</exception>
    public void Read(ulong address, Span<byte> into)
    {
        int done = 0;
        while (done < into.Length)
        {
            int some = RandomAccess.Read(_memory, into[done..], (long)address + done);
            done += some > 0 ? some : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"page {address + (ulong)done:x} of process {_process} cannot be read"));
        }
    }

    public void Dispose()
    {
        _written.Dispose();
        _memory.Dispose();
    }

    private static bool IsFollowed(MappedArea area) => area is { IsShared: false, IsReadable: true } && !Kernels.Contains(area.Name);

    private IEnumerable<ulong> Missing(PageRange range, IPageSink sink)
    {
        bool isKnown = !_unknown.Exists(area => area.Start < range.End && range.Start < area.End);
        for (ulong page = range.Start; page < range.End; page += MemoryPage.Bytes)
        {
            if (isKnown)
            {
                if (sink.Lacks(Inside, new PageRange(page, range.End)) is not { } missing)
                {
                    yield break;
                }

                page = missing;
            }
            else if (!_unknown.Exists(area => area.Start <= page && page < area.End) && sink.Lacks(Inside, new PageRange(page, page + MemoryPage.Bytes)) is null)
            {
                continue;
            }

            yield return page;
        }
    }

    /// <summary>Empty: it has ended.</summary>
    private static byte[] Mark(int process)
    {
        try
        {
            byte[] vector = File.ReadAllBytes($"/proc/{process}/auxv");
            for (int at = 0; at + 2 * sizeof(ulong) <= vector.Length; at += 2 * sizeof(ulong))
            {
                if (BinaryPrimitives.ReadUInt64LittleEndian(vector.AsSpan(at)) == AT_RANDOM)
                {
                    byte[] mark = new byte[ProgramMarkBytes];
                    return ProcessMemory.Read(process, BinaryPrimitives.ReadUInt64LittleEndian(vector.AsSpan(at + sizeof(ulong))), mark) == mark.Length ? mark : [];
                }
            }
        }
        catch (IOException)
        {
            // It is gone.
        }

        return [];
    }

    /// <summary>Null: it has changed meanwhile, and all of it comes again with the next round.</summary>
    private long? Round(PageRange range, IPageSink sink, bool isOwed = false)
    {
        try
        {
            long pages = 0;
            foreach (var found in _written.Take(range))
            {
                if (isOwed)
                {
                    sink.Owe(Inside, found);
                }
                else
                {
                    Copy(found, sink);
                }

                pages += (long)(found.Length / MemoryPage.Bytes);
            }

            return pages;
        }
        catch (LinuxException exception) when (exception.Error != Errno.ESRCH)
        {
            _written.Leave(range);
            return null;
        }
    }

    private void Copy(PageRange range, IPageSink sink)
    {
        for (ulong at = range.Start; at < range.End;)
        {
            var into = _buffer.AsSpan(0, (int)Math.Min((ulong)_buffer.Length, range.End - at));
            int length = ProcessMemory.Read(_process, at, into);
            if (length < into.Length)
            {
                // Not readable for itself, perhaps.
                length = ReadByFile((long)at, into);
            }

            sink.Put(Inside, at, into[..length]);
            at += (ulong)length;
        }
    }

    private int ReadByFile(long address, Span<byte> into)
    {
        try
        {
            int length = RandomAccess.Read(_memory, into, address) / MemoryPage.Bytes * MemoryPage.Bytes;
            return length > 0 ? length : throw new LinuxException(Errno.EFAULT, "read(2)", string.Create(CultureInfo.InvariantCulture, $"memory of process {_process} at {address:x}"));
        }
        catch (IOException exception) when (exception is not LinuxException)
        {
            throw new LinuxException(Errno.EFAULT, "read(2)", string.Create(CultureInfo.InvariantCulture, $"memory of process {_process} at {address:x}: {exception.Message}"));
        }
    }
}
