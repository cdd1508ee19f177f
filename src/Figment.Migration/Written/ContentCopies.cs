using Figment.Linux.Files;
using Figment.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Written;

/// <summary>The contents of all files, by their inodes: a file that was renamed keeps its own. One caller.</summary>
/// <param name="sink">Gets what differs.</param>
internal sealed class ContentCopies(IWrittenSink sink)
{
    private const int BufferBytes = 16 * ContentCopy.BlockBytes;

    private readonly Dictionary<(ulong FileSystem, ulong Inode), ContentCopy> _copies = [];
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _round;
    private int _last;

    /// <summary>Bytes of this round.</summary>
    public long Sent { get; private set; }

    public void Begin()
    {
        _round++;
        Sent = 0;
    }

    /// <summary>False: it is to be read again.</summary>
    public bool Keep(ContentCopy copy, TreeEntry stat)
    {
        copy.SeenIn = _round;
        return copy.IsSure && copy.Stat == stat;
    }

    /// <param name="place">Opened with O_PATH.</param>
    /// <param name="stat">Of it, after that.</param>
    /// <param name="isSure">Whether a later change is seen by other stamps.</param>
    /// <param name="isLast">Nobody writes: it is an error if it becomes shorter.</param>
    /// <exception cref="IOException">It cannot be read, or nobody takes it any more.</exception>
    public ContentCopy Read(Descriptor place, TreeEntry stat, bool isSure, bool isLast)
    {
        if (!_copies.TryGetValue((stat.FileSystem, stat.Inode), out var copy))
        {
            _copies[(stat.FileSystem, stat.Inode)] = copy = new ContentCopy(++_last);
        }

        // Another name of it was looked at in this round.
        copy.SeenIn = _round;
        if (copy.ReadIn == _round && copy.Stat == stat)
        {
            return copy;
        }

        using var file = new SafeFileHandle(FileCalls.Open($"/proc/self/fd/{place.Number}", FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY).Release(), ownsHandle: true);
        long? sent = copy.Read(file, stat.Size, _buffer, sink);
        if (sent is null && isLast)
        {
            throw new IOException($"a file of {stat.Size} bytes (inode {stat.Inode}) became shorter while its machine stood still");
        }

        Sent += sent ?? 0;
        copy.ReadIn = _round;
        copy.Stat = stat;
        copy.IsSure = isSure && sent is not null;
        return copy;
    }

    /// <summary>Those that no file has any more. One that was merely missed, because it was renamed meanwhile, is kept for another round.</summary>
    public List<int> Drop(bool isLast)
    {
        var gone = _copies.Where(copy => copy.Value.SeenIn < (isLast ? _round : _round - 1)).ToList();
        gone.ForEach(copy => _copies.Remove(copy.Key));
        return [.. gone.Select(copy => copy.Value.Number)];
    }
}
