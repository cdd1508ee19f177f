using System.Globalization;
using System.Text.Json;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Migration.Memory;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Migration.Transfer;
using Figment.Model.Control;
using Figment.Model.Launch;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Written;

/// <summary>
/// What came of a machine's trees of files. Contents lie under their numbers in a folder of their own, so that no name of the stream leads anywhere; when all has come they get their places in a tree that is made
/// anew. What no source sends is refused (<see cref="InvalidDataException"/>). One caller.
/// </summary>
/// <param name="folder">For the contents; made when the first comes, nobody else writes to it.</param>
internal sealed class WrittenFolder(string folder) : IWrittenSink, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Beside the contents, which have numbers.</summary>
    private const string TreeName = "tree";

    private static readonly string[] Roots = [SnapshotManifest.ContentsFolder, BoxMessage.Checkpoint.WrittenFolder, CarriedMounts.FolderName];

    private readonly Dictionary<int, long> _lengths = [];
    private readonly Dictionary<string, WrittenEntry> _entries = new(StringComparer.Ordinal);
    private SafeFileHandle? _open;
    private int _openContent;
    private long _changeBytes;

    /// <inheritdoc/>
    public void SetLength(int content, long length)
    {
        bool isThere = _lengths.ContainsKey(content);
        if (content < 1 || length < 0 || length > TransferLimits.FileBytesMax || (!isThere && _lengths.Count >= StoreLimits.EntriesMax))
        {
            throw new InvalidDataException($"content {content} of {length} bytes, beside {_lengths.Count} others");
        }

        if (!isThere)
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            Close();
            (_open, _openContent) = (File.OpenHandle(PathOf(content), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None), content);
        }

        SparseFile.Truncate(Open(content), length);
        _lengths[content] = length;
    }

    /// <inheritdoc/>
    public void Write(int content, long offset, ReadOnlySpan<byte> bytes)
    {
        if (!_lengths.TryGetValue(content, out long length) || offset < 0 || offset > length - bytes.Length)
        {
            throw new InvalidDataException($"{bytes.Length} bytes at {offset} of content {content}, which has no such place");
        }

        RandomAccess.Write(Open(content), bytes, offset);
    }

    /// <inheritdoc/>
    public void Clear(int content, long offset, uint pages)
    {
        long count = pages * (long)MemoryPage.Bytes;
        if (!_lengths.TryGetValue(content, out long length) || offset < 0 || offset % MemoryPage.Bytes != 0 || offset >= length || count - (length - offset) >= MemoryPage.Bytes)
        {
            throw new InvalidDataException($"{pages} pages of zeros at {offset} of content {content}, which has no such place");
        }

        try
        {
            SparseFile.Punch(Open(content), offset, count);
        }
        catch (LinuxException exception) when (exception.Error == Errno.EOPNOTSUPP)
        {
            byte[] zeros = new byte[MemoryPage.Bytes];
            for (long end = Math.Min(length, offset + count); offset < end; offset += zeros.Length)
            {
                RandomAccess.Write(Open(content), zeros.AsSpan(0, (int)Math.Min(zeros.Length, end - offset)), offset);
            }
        }
    }

    /// <inheritdoc/>
    public void Change(ReadOnlyMemory<byte> json)
    {
        if ((_changeBytes += json.Length) > TransferLimits.ChangeBytesMax)
        {
            throw new InvalidDataException($"changes of more than {TransferLimits.ChangeBytesMax} bytes");
        }

        var change = Parse(json);
        foreach (var entry in change.Entries)
        {
            _ = entry?.Entry ?? throw new InvalidDataException("an entry that is nothing");
            _entries[entry.Entry.Path] = entry;
        }

        foreach (string path in change.Gone)
        {
            if (path is null || !_entries.Remove(path))
            {
                throw new InvalidDataException($"'{path}' is gone, and was not there");
            }
        }

        foreach (int content in change.Dropped)
        {
            if (!_lengths.Remove(content))
            {
                throw new InvalidDataException($"content {content} is dropped, and was not there");
            }

            Close();
            File.Delete(PathOf(content));
        }

        if (_entries.Count > StoreLimits.EntriesMax)
        {
            throw new InvalidDataException($"a tree of more than {StoreLimits.EntriesMax} entries");
        }
    }

    /// <summary>All has come: the tree is made. Nothing is made if nothing came.</summary>
    /// <param name="images">The folder of the dump, on the same file system.</param>
    /// <exception cref="SnapshotException">What came is no tree.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public void Complete(string images)
    {
        Close();
        List<RecordEntry> entries = [.. _entries.Values.Select(entry => entry.Entry).OrderBy(entry => entry.Path, StringComparer.Ordinal)];
        if (entries.Count == 0 && _lengths.Count == 0)
        {
            return;
        }

        if ((EntryRules.Complaint(entries, TransferLimits.FileBytesMax) ?? ContentComplaint()) is { } complaint)
        {
            throw Refused(complaint);
        }

        List<string> roots = [.. entries.Select(entry => entry.Path).Where(path => path.Length > 0 && !path.Contains('/'))];
        if (roots.Find(root => !Roots.Contains(root) || Path.Exists(Path.Combine(images, root))) is { } other)
        {
            throw Refused($"a dump has no tree '{other}', or has it already");
        }

        try
        {
            string made = Path.Combine(folder, TreeName);
            Directory.CreateDirectory(folder, OwnerOnly);
            var tree = new TargetTree(made, entries);
            tree.Begin((entry, path) => File.Move(PathOf(_entries[entry.Path].Content), path));
            tree.Finish();
            roots.ForEach(root => Directory.Move(Path.Combine(made, root), Path.Combine(images, root)));
        }
        catch (InvalidDataException exception)
        {
            throw Refused(exception.Message, exception);
        }
    }

    public void Dispose()
    {
        Close();
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TreeChange Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, WrittenJson.Default.TreeChange) ?? throw new InvalidDataException("a change that is nothing");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"a change that cannot be read ({exception.Message})", exception);
        }
    }

    private static SnapshotException Refused(string why, Exception? inner = null) => new($"the machine's files came damaged: {why}", inner);

    /// <summary>Each content is one file's, and as long as that.</summary>
    private string? ContentComplaint()
    {
        HashSet<int> used = [];
        foreach (var (path, entry) in _entries)
        {
            bool isRight = entry.Entry.HasContent ? used.Add(entry.Content) && _lengths.TryGetValue(entry.Content, out long length) && length == entry.Entry.Length : entry.Content == 0;
            if (!isRight)
            {
                return $"'{path}' has no content of its length";
            }
        }

        return used.Count == _lengths.Count ? null : "it has contents that are no file's";
    }

    private string PathOf(int content) => Path.Combine(folder, content.ToString(CultureInfo.InvariantCulture));

    private SafeFileHandle Open(int content)
    {
        if (_open is null || _openContent != content)
        {
            Close();
            (_open, _openContent) = (File.OpenHandle(PathOf(content), FileMode.Open, FileAccess.ReadWrite, FileShare.None), content);
        }

        return _open;
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }
}
