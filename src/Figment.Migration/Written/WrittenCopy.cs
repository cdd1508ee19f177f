using System.Text.Json;
using Figment.Linux.Trees;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Migration.Transfer;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Migration.Written;

/// <summary>
/// Copies what a machine wrote to its root, the upper folders of its overlays, and what it has mounted for itself, while it runs: all of it, then round by round what has changed, until little is left for when it
/// stands still. What its memory file systems held goes along then. One caller.
/// </summary>
/// <param name="overlays">The folder with them.</param>
/// <param name="processes">Of the machine, now.</param>
/// <param name="sink">Gets it.</param>
/// <param name="carried">Files and folders that it has mounted, by the names that they travel under; null: none.</param>
public sealed class WrittenCopy(string overlays, Func<IReadOnlyList<int>> processes, IWrittenSink sink, IReadOnlyDictionary<string, string>? carried = null)
{
    private const string Upper = "upper";

    /// <summary>So much is read and sent in a few milliseconds.</summary>
    private const long BytesLeft = 1 << 20;

    /// <summary>A program that writes faster than it is copied is not waited for.</summary>
    private const int RoundsMax = 8;

    /// <summary>Of one change: what is said of them then has its bound.</summary>
    private const int EntriesAtOnce = 4096;

    /// <summary>Of the folders above, which nobody looks at.</summary>
    private const int FolderMode = 0x1ED;

    private readonly IReadOnlyList<(string Path, string Name)> _carried = [.. (carried ?? new Dictionary<string, string>()).Select(one => (Real(one.Value), $"{CarriedMounts.FolderName}/{one.Key}"))];
    private readonly ContentCopies _contents = new(sink);
    private Dictionary<string, WrittenEntry> _sent = [];
    private IReadOnlyDictionary<string, SeenEntry> _seen = new Dictionary<string, SeenEntry>();
    private long _changeBytes;

    /// <summary>The upper folders of a machine's overlays: its root's own, and of others one each in a folder beside it.</summary>
    public static IReadOnlyList<string> Uppers(string overlays) =>
    [
        .. Directory.EnumerateDirectories(overlays, Upper),
        .. Directory.EnumerateDirectories(overlays).Where(folder => Path.GetFileName(folder) != Upper).Select(folder => Path.Combine(folder, Upper)).Where(Directory.Exists),
    ];

    /// <summary>Until a round has little to do, or no less than the one before.</summary>
    /// <param name="told">Hears the bytes of each when it is done.</param>
    /// <returns>The bytes of each.</returns>
    /// <exception cref="SnapshotException">It wrote something that is not kept.</exception>
    /// <exception cref="IOException">It cannot be read, or nobody takes it any more.</exception>
    public IReadOnlyList<long> Run(Action<long>? told = null)
    {
        List<long> rounds = [];
        do
        {
            rounds.Add(Round());
            told?.Invoke(rounds[^1]);
        }
        while (rounds[^1] > BytesLeft && rounds.Count < RoundsMax && (rounds.Count < 2 || rounds[^1] < rounds[^2]));
        return rounds;
    }

    /// <summary>While it stands still: the last difference.</summary>
    /// <param name="dump">The folder of its dump, with what memory file systems held.</param>
    /// <returns>In bytes of files.</returns>
    /// <exception cref="SnapshotException">It wrote something that is not kept.</exception>
    /// <exception cref="IOException">It cannot be read, or nobody takes it any more.</exception>
    public long Last(string dump) => Round(dump);

    /// <summary>Copies what has changed since the last time.</summary>
    /// <param name="dump">Null: it runs.</param>
    internal long Round(string? dump = null)
    {
        bool isLast = dump is not null;
        // In this order: what changes after the clock was read has a later stamp, unless it is in use.
        var now = FileStamps.Now();
        var use = FileUse.Of(processes());
        var uppers = Uppers(overlays);
        _contents.Begin();
        bool isStamped = uppers.Concat(_carried.Select(one => one.Path)).All(FileStamps.TellOfMappedWrites);
        var scan = new WrittenScan(_seen, _contents, new Certainty(now, use, isStamped), isLast);
        foreach (string upper in uppers)
        {
            scan.Add(upper, PathOf(upper));
        }

        foreach (var (path, name) in _carried)
        {
            scan.Add(path, name);
        }

        if (dump is not null && Directory.Exists(Path.Combine(dump, SnapshotManifest.ContentsFolder)))
        {
            scan.Add(Path.Combine(dump, SnapshotManifest.ContentsFolder), SnapshotManifest.ContentsFolder);
        }

        _seen = scan.Found;
        Send(Entries(uppers), _contents.Drop(isLast));
        return _contents.Sent;
    }

    /// <summary>A mount follows symbolic links, and a folder may be named with a slash at its end (<c>./</c> in a Compose file).</summary>
    private static string Real(string path)
    {
        string named = Path.TrimEndingDirectorySeparator(path);
        return new FileInfo(named).ResolveLinkTarget(returnFinalTarget: true) is { } target ? Path.TrimEndingDirectorySeparator(target.FullName) : named;
    }

    private string PathOf(string upper) => Path.Combine(BoxMessage.Checkpoint.WrittenFolder, Path.GetRelativePath(overlays, upper));

    /// <summary>Of a file of several names the first one says what it is like.</summary>
    private Dictionary<string, WrittenEntry> Entries(IReadOnlyList<string> uppers)
    {
        Dictionary<string, WrittenEntry> entries = [];
        List<string> above = [""];
        if (uppers.Count > 0)
        {
            above.AddRange(uppers.Select(upper => Path.GetDirectoryName(PathOf(upper))!).Prepend(BoxMessage.Checkpoint.WrittenFolder).Distinct());
        }

        if (_carried.Count > 0)
        {
            above.Add(CarriedMounts.FolderName);
        }

        foreach (string path in _seen.Count == 0 ? [] : above)
        {
            entries.Add(path, new WrittenEntry
            {
                Entry = new RecordEntry { Path = path, Kind = TreeEntryKind.Folder, Mode = FolderMode, User = 0, Group = 0, ModifiedSeconds = 0, ModifiedNanoseconds = 0, Length = 0 },
            });
        }

        Dictionary<(ulong, ulong), string> linked = [];
        foreach (var (path, seen) in _seen)
        {
            bool isFirst = seen.Stat is not { Links: > 1, Kind: not TreeEntryKind.Folder, IsWhiteout: false } || linked.TryAdd((seen.Stat.FileSystem, seen.Stat.Inode), path);
            entries.Add(path, isFirst
                ? new WrittenEntry { Entry = seen.Entry, Content = seen.Content?.Number ?? 0 }
                : new WrittenEntry { Entry = seen.Entry with { SameAs = linked[(seen.Stat.FileSystem, seen.Stat.Inode)], Target = null, Attributes = null, Length = 0 } });
        }

        return entries;
    }

    private void Send(Dictionary<string, WrittenEntry> entries, List<int> dropped)
    {
        List<WrittenEntry> changed = [.. entries.Where(entry => !_sent.TryGetValue(entry.Key, out var sent) || !sent.IsLike(entry.Value)).Select(entry => entry.Value)];
        List<string> gone = [.. _sent.Keys.Where(path => !entries.ContainsKey(path))];
        if (changed.Count > 0 && EntryRules.Complaint([.. entries.Values.Select(entry => entry.Entry).OrderBy(entry => entry.Path, StringComparer.Ordinal)], TransferLimits.FileBytesMax) is { } complaint)
        {
            throw new SnapshotException($"its files cannot travel: {complaint}");
        }

        _sent = entries;
        foreach (var some in changed.Chunk(EntriesAtOnce))
        {
            Send(new TreeChange { Entries = some, Gone = [], Dropped = [] });
        }

        if (gone.Count > 0 || dropped.Count > 0)
        {
            Send(new TreeChange { Entries = [], Gone = gone, Dropped = dropped });
        }
    }

    private void Send(TreeChange change)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(change, WrittenJson.Default.TreeChange);
        _changeBytes += json.Length;
        if (_changeBytes > TransferLimits.ChangeBytesMax)
        {
            throw new SnapshotException($"what is to be said of its files has more than {TransferLimits.ChangeBytesMax} bytes");
        }

        sink.Change(json);
    }
}
