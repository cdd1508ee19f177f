using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Memory;
using Figment.Migration.Images;
using Figment.Migration.Memory;

namespace Figment.Migration.Lazy;

/// <summary>One process that lacks pages: gives it those that it touches, and bit by bit all others. One caller.</summary>
internal sealed class LazyProcess : IDisposable
{
    private readonly int _number;
    private readonly MissingPages _faults;
    private readonly LazyRanges _missing;
    private readonly SavedPages _pages;
    private readonly byte[] _buffer;
    private readonly List<FaultEvent> _events = [];
    private readonly Queue<ulong> _touched = new();

    /// <summary>What is waited for and has to come first.</summary>
    private readonly HashSet<ulong> _awaited = [];

    private readonly OwedPages? _owed;

    /// <summary>What comes before the rest, if it was not moved.</summary>
    private readonly Queue<PageRun> _first;

    private readonly WorkingSet _working;
    private bool _isRefused;

    private LazyProcess(int number, MissingPages faults, LazyRanges missing, SavedPages pages, OwedPages? owed, WorkingSet working, IEnumerable<PageRun> first, byte[] buffer) =>
        (_number, _faults, _missing, _pages, _owed, _working, _first, _buffer) = (number, faults, missing, pages, owed, working, new(first), buffer);

    /// <summary>Readable when it has done something.</summary>
    public Linux.Files.Descriptor Descriptor => _faults.Descriptor;

    /// <summary>It has ended, or runs another program.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Nothing is missing any more.</summary>
    public bool IsComplete => IsGone || (_missing.Count == 0 && _touched.Count == 0 && _awaited.Count == 0);

    /// <summary>It could not be given a page yet: it says first how it changes its memory.</summary>
    public bool IsChanging => !IsGone && (_isRefused || _touched.Count > 0);

    /// <summary>How often one was waited for.</summary>
    public long Touched { get; private set; }

    /// <param name="number">In its tree's PID namespace.</param>
    /// <param name="faults">Are its own from now on.</param>
    /// <param name="memory">Has its pages.</param>
    /// <param name="buffer">For pages on their way: <see cref="LazyLimits.FillBytes"/>.</param>
    public static LazyProcess Of(int number, MissingPages faults, LazyMemory memory, byte[] buffer)
    {
        var pages = memory.PagesOf(number);
        return new LazyProcess(number, faults, new LazyRanges(memory.MissingOf(number)), pages, memory.Owed, memory.Touched, pages.Runs.OrderByDescending(run => run.Turn), buffer);
    }

    /// <summary>Hears what it has done, and gives it what it waits for.</summary>
    /// <param name="born">Told of its children.</param>
    /// <exception cref="ImageException">A page is not there.</exception>
    /// <exception cref="IOException">A page cannot be read.</exception>
    /// <exception cref="LinuxException">A page cannot be given.</exception>
    public void Attend(Action<LazyProcess> born)
    {
        do
        {
            _events.Clear();
            _faults.Read(_events);
            foreach (var happened in _events)
            {
                On(happened, born);
            }
        }
        while (_events.Count > 0);
        GiveTouched();
    }

    /// <summary>Something has come that it may wait for.</summary>
    /// <exception cref="ImageException">A page is not there.</exception>
    /// <exception cref="IOException">A page cannot be read.</exception>
    /// <exception cref="LinuxException">A page cannot be given.</exception>
    public void Receive()
    {
        foreach (ulong page in _awaited)
        {
            _touched.Enqueue(page);
        }

        _awaited.Clear();
        GiveTouched();
    }

    /// <summary>What of it is to be fetched next; null: nothing.</summary>
    public OwedPiece? Ask()
    {
        foreach (var range in IsGone ? [] : _missing.Descending)
        {
            if (_pages.Ask(range, LazyLimits.OwedPages) is var (address, pages))
            {
                return new OwedPiece(_number, address, pages);
            }
        }

        return null;
    }

    /// <summary>Gives it some of what it lacks.</summary>
    /// <param name="bytes">At most.</param>
    /// <returns>Whether there was anything to give.</returns>
    /// <exception cref="ImageException">A page is not there.</exception>
    /// <exception cref="IOException">A page cannot be read.</exception>
    /// <exception cref="LinuxException">A page cannot be given.</exception>
    public bool Fill(int bytes)
    {
        if (IsComplete || Next() is not { } range)
        {
            return false;
        }

        _isRefused = !Put(range.Part(range.Start, Math.Min(range.End, range.Start + (ulong)bytes)));
        return true;
    }

    public void Dispose() => _faults.Dispose();

    private void On(FaultEvent happened, Action<LazyProcess> born)
    {
        switch (happened)
        {
            case FaultEvent.Touched touched:
                Touched++;
                _touched.Enqueue(touched.Address / MemoryPage.Bytes * MemoryPage.Bytes);
                break;
            case FaultEvent.Removed removed:
                _missing.Drop(removed.Range.Start, removed.Range.End);
                break;
            case FaultEvent.Moved moved:
                _missing.Move(moved.From, moved.To, moved.Length);
                break;
            case FaultEvent.Forked forked:
                born(new LazyProcess(_number, new MissingPages(forked.Faults), _missing.Copy(), _pages, _owed, _working, [], _buffer));
                break;
        }
    }

    /// <summary>What comes next: what was written last, then from above whatever is left.</summary>
    private LazyRange? Next()
    {
        while (_first.TryPeek(out var run))
        {
            if (_missing.From(run.Address) is { IsMoved: false } range && range.Start < run.End && _pages.Ready(range.Part(Math.Max(range.Start, run.Address), Math.Min(range.End, run.End))) is { } ready)
            {
                return ready;
            }

            _first.Dequeue();
        }

        foreach (var range in _missing.Descending)
        {
            if (_pages.Ready(range) is { } some)
            {
                return some.Part(some.End - Math.Min(some.Length, LazyLimits.FillBytes), some.End);
            }
        }

        return null;
    }

    private void GiveTouched()
    {
        _isRefused = false;
        while (!IsGone && _touched.TryPeek(out ulong page) && (Await(page) || Give(page)))
        {
            _touched.Dequeue();
        }
    }

    /// <summary>Whether it has to come first.</summary>
    private bool Await(ulong page)
    {
        if (_missing.From(page) is not { } range || range.Start > page || !_pages.Awaits(range.SavedOf(page)))
        {
            return false;
        }

        // It may be on its way.
        if (_pages.Ask(range.Part(page, Math.Min(range.End, page + LazyLimits.TouchedBytes)), LazyLimits.TouchedBytes / MemoryPage.Bytes) is var (address, pages))
        {
            _owed!.Want(new OwedPiece(_number, address, pages), isTouched: true);
        }

        _awaited.Add(page);
        return true;
    }

    /// <summary>Gives a page that is waited for, and what follows it. False: not yet.</summary>
    private bool Give(ulong page)
    {
        var range = _missing.From(page);
        ulong end = page + LazyLimits.TouchedBytes;
        bool isGiven = range is { } found && found.Start <= page
            ? PutTouched(found.Part(page, Math.Min(found.End, end)))
            : Zero(page, (int)(Math.Min(range?.Start ?? end, end) - page));
        if (isGiven)
        {
            // It may have been there already, or be mapped no longer: who waits sees for itself.
            _faults.Wake(new PageRange(page, page + MemoryPage.Bytes));
        }

        return isGiven;
    }

    private bool PutTouched(LazyRange range)
    {
        _working.Add(_number, range.Saved, (int)(range.Length / MemoryPage.Bytes));
        return Put(range);
    }

    /// <summary>Gives as many pages of a range as stand together. False: not yet.</summary>
    private bool Put(LazyRange range)
    {
        var bytes = _buffer.AsSpan(0, (int)Math.Min(range.Length, (ulong)_buffer.Length));
        int read = _pages.Read(range.Saved, bytes);
        if (read < MemoryPage.Bytes)
        {
            throw new ImageException(string.Create(CultureInfo.InvariantCulture, $"memory of process {_number}"), 0, string.Create(CultureInfo.InvariantCulture, $"page {range.Saved:x} is not there"));
        }

        for (bytes = bytes[..(read / MemoryPage.Bytes * MemoryPage.Bytes)]; !bytes.IsEmpty;)
        {
            var (done, error) = Copy(range.Start, bytes);
            if (done == 0 && error == Errno.ENOENT && bytes.Length > MemoryPage.Bytes)
            {
                // They are in several mappings meanwhile.
                bytes = bytes[..MemoryPage.Bytes];
                continue;
            }

            int passed = done > 0 ? done : Passed(error, range.Start);
            if (passed == 0)
            {
                return IsGone;
            }

            _missing.Drop(range.Start, range.Start + (ulong)passed);
            range = range.Part(range.Start + (ulong)passed, range.End);
            bytes = bytes[passed..];
        }

        return true;
    }

    /// <summary>Where nothing is mapped, and it was not said, it was moved between two steps of the kernel: when it is asked again it knows, and says EAGAIN. Else nothing is.</summary>
    private (int Bytes, Errno Error) Copy(ulong address, ReadOnlySpan<byte> pages)
    {
        var given = _faults.Copy(address, pages);
        return given is { Bytes: 0, Error: Errno.ENOENT } ? _faults.Copy(address, pages) : given;
    }

    /// <summary>Where nothing was. False: not yet.</summary>
    private bool Zero(ulong page, int bytes)
    {
        var (done, error) = _faults.Zero(page, bytes);
        if (done == 0 && error == Errno.ENOENT && bytes > MemoryPage.Bytes)
        {
            (done, error) = _faults.Zero(page, MemoryPage.Bytes);
        }

        return done > 0 || Passed(error, page) > 0 || IsGone;
    }

    /// <summary>How much need not be given after an error; 0: it must be tried again, or nobody is there any more.</summary>
    private int Passed(Errno error, ulong address)
    {
        switch (error)
        {
            case Errno.EEXIST or Errno.ENOENT:
                return MemoryPage.Bytes;
            case Errno.EAGAIN:
                return 0;
            case Errno.ESRCH or Errno.ENOSPC:
                IsGone = true;
                return 0;
            default:
                throw new LinuxException(error, "ioctl(2) UFFDIO_COPY", string.Create(CultureInfo.InvariantCulture, $"page {address:x} of process {_number}"));
        }
    }
}
