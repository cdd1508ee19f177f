using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Memory;
using Figment.Migration.Images;

namespace Figment.Migration.Memory;

/// <summary>
/// Copies the memory of a tree of processes while it runs: all of it, then round by round what was written meanwhile, until little is left for when it stands still. The dump then leaves memory out:
/// see <see cref="Engine.DumpOptions.Parent"/>. A process that cannot be followed is dumped as a whole. One caller.
/// </summary>
/// <param name="processes">Those of the tree, now.</param>
/// <param name="sink">Gets the copies.</param>
public sealed class MemoryCopy(Func<IReadOnlyList<int>> processes, IPageSink sink) : IDisposable
{
    /// <summary>So little (1 MB) is copied and sent in a few milliseconds, over a wire of 1 Gbit/s too.</summary>
    private const long PagesLeft = 256;

    /// <summary>A program that writes faster than it is copied is not waited for.</summary>
    private const int RoundsMax = 8;

    private const int BufferBytes = 1 << 20;

    private readonly Dictionary<int, ProcessCopy> _copies = [];
    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>Why processes are not followed, if any is not.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Until a round has little to do, or no less than the one before.</summary>
    /// <param name="told">Hears the bytes of each when it is done.</param>
    /// <returns>The pages of each.</returns>
    public IReadOnlyList<long> Run(Action<long>? told = null)
    {
        List<long> rounds = [];
        do
        {
            rounds.Add(Round());
            told?.Invoke(rounds[^1] * MemoryPage.Bytes);
        }
        while (rounds[^1] > PagesLeft && rounds.Count < RoundsMax && (rounds.Count < 2 || rounds[^1] < rounds[^2]));
        return rounds;
    }

    /// <summary>Copies what was written since the last time.</summary>
    /// <returns>In pages.</returns>
    public long Round() => ForEach(copy => copy.Round(sink));

    /// <summary>Follows what they write, and copies nothing: all of it is left for when they stand still.</summary>
    public void Follow() => ForEach(_ => 0);

    /// <summary>Null: memory of the tree may be owed, and given later. Else why not.</summary>
    public string? OwingComplaint() => OwedRules.Complaint(processes());

    private long ForEach(Func<ProcessCopy, long> round)
    {
        long pages = 0;
        var there = processes();
        foreach (int gone in _copies.Keys.Except(there).ToList())
        {
            Drop(gone);
        }

        foreach (int process in there)
        {
            try
            {
                if (!_copies.TryGetValue(process, out var copy))
                {
                    _copies[process] = copy = ProcessCopy.Begin(process, NumberInside(process, there), _buffer);
                }

                if (copy.IsSame)
                {
                    pages += round(copy);
                }
                else
                {
                    Drop(process);
                }
            }
            catch (LinuxException exception)
            {
                Complaint = exception.Error == Errno.ESRCH ? Complaint : exception.Message;
                Drop(process);
            }
        }

        return pages;
    }

    /// <summary>While the tree stands still: the last round, and the folder that tells the dump what it need not write.</summary>
    /// <param name="parent">Is there, and empty.</param>
    /// <param name="owes">Memory that may come later the sink is owed (<see cref="IPageSink.Owe"/>): it can be read here until the tree goes on.</param>
    /// <returns>In pages.</returns>
    public long Last(string parent, bool owes = false)
    {
        long pages = 0;
        var owed = owes ? OwedRules.Areas([.. _copies.Keys]) : null;
        foreach (var (process, copy) in _copies.ToList())
        {
            try
            {
                if (copy.IsSame)
                {
                    pages += copy.LastRound(sink, owed?[process], out var areas);
                    MemoryImages.WriteParent(parent, copy.Inside, areas);
                    if (SoftDirty.IsSupported)
                    {
                        SoftDirty.Reset(process);
                    }

                    continue;
                }
            }
            catch (LinuxException exception)
            {
                Complaint = exception.Message;
            }

            Drop(process);
        }

        MemoryImages.WriteParentInventory(parent);
        return pages;
    }

    /// <summary>While it still stands, after the dump: what that left to the copy and the copy does not have yet.</summary>
    /// <exception cref="ImageException">The dump is damaged.</exception>
    /// <exception cref="IOException">There is no room, or a page cannot be read.</exception>
    public void Fill(string images)
    {
        foreach (var copy in _copies.Values)
        {
            copy.Fill(MemoryImages.LeftOut(images, copy.Inside), sink);
        }
    }

    /// <summary>Reads memory of a process while it stands.</summary>
    /// <param name="inside">Its number in its tree's PID namespace.</param>
    /// <param name="address">Of the first page.</param>
    /// <param name="into">Gets all that fits.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Read(int inside, ulong address, Span<byte> into)
    {
        var copy = _copies.Values.FirstOrDefault(copy => copy.Inside == inside) ?? throw new IOException($"process {inside} is not there");
        copy.Read(address, into);
    }

    public void Dispose()
    {
        foreach (int process in _copies.Keys.ToList())
        {
            Drop(process);
        }
    }

    /// <summary>In the PID namespace of the tree's first process, below which there may be others.</summary>
    private static int NumberInside(int process, IReadOnlyList<int> tree)
    {
        int depth = tree.Min(one => Numbers(one) is { Length: > 0 } numbers ? numbers.Length : int.MaxValue);
        return Numbers(process) is { Length: > 0 } own ? own[depth - 1] : throw new LinuxException(Errno.ESRCH, "proc(5)", $"process {process} has ended");
    }

    /// <summary>From this process's namespace down to its own; empty: it has ended.</summary>
    private static int[] Numbers(int process)
    {
        const string Key = "NSpid:";
        try
        {
            string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
            return [.. line[Key.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries).Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private void Drop(int process)
    {
        if (_copies.Remove(process, out var copy))
        {
            copy.Dispose();
        }
    }
}
