using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Trees;

namespace Figment.Migration.Written;

/// <summary>
/// Files that processes may be writing to just now: open for writing, or mapped so that others see it. A call that writes stamps a file only when it begins, and a page that was written through a mapping stamps it no
/// more until it is clean: what is read meanwhile may be another without another stamp.
/// </summary>
internal sealed class FileUse
{
    /// <summary>S_IWUSR of a link in <c>/proc/PID/fd</c>: open for writing (proc_pid_fd(5)).</summary>
    private const int WriteBit = 0x80;

    private readonly HashSet<Mark> _used = [];
    private bool _isAnyUsed;

    private FileUse()
    {
    }

    /// <summary>By what processes have now. Of one that ends meanwhile nothing is in use.</summary>
    public static FileUse Of(IReadOnlyList<int> processes)
    {
        var use = new FileUse();
        foreach (int process in processes)
        {
            try
            {
                use.AddOpen(process);
                use.AddMapped(process);
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException
                || exception is LinuxException { Error: Errno.ENOENT or Errno.ESRCH }
                || (exception is IOException && !Directory.Exists($"/proc/{process}")))
            {
                // It has ended.
            }
        }

        return use;
    }

    /// <summary>
    /// An overlay shows other inodes than its upper folder has, but the same times, sizes, owners and modes: by these they are found. One that changes meanwhile is not, and is found by its new stamp.
    /// </summary>
    public bool Has(TreeEntry file) => _isAnyUsed || _used.Contains(MarkOf(file));

    private static Mark MarkOf(TreeEntry file) => new(file.Changed, file.Modified, file.Size, file.Mode, file.User, file.Group);

    private void AddOpen(int process)
    {
        using var folder = TreeFolder.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd"));
        for (var names = folder.ReadNames(); names.Count > 0; names = folder.ReadNames())
        {
            foreach (byte[] name in names)
            {
                if (folder.TryStat(name, out _) is { } link && (link.Mode & WriteBit) != 0)
                {
                    AddTarget(folder, name);
                }
            }
        }
    }

    private void AddMapped(int process)
    {
        List<string> shared = [.. File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/maps")).Select(SharedRange).OfType<string>()];
        if (shared.Count == 0)
        {
            return;
        }

        using var folder = TreeFolder.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/map_files"));
        foreach (string range in shared)
        {
            AddTarget(folder, System.Text.Encoding.ASCII.GetBytes(range));
        }
    }

    /// <summary>Of a line of <c>/proc/PID/maps</c> as <c>map_files</c> names it; null: it is no file's, or private. Also one that cannot be written now: it may have been able to.</summary>
    private static string? SharedRange(string line)
    {
        string[] parts = line.Split(' ', 6);
        return parts is [var range, [_, _, _, 's', ..], _, _, not "0", ..] ? string.Join('-', range.Split('-').Select(end => end.TrimStart('0') is { Length: > 0 } digits ? digits : "0")) : null;
    }

    private void AddTarget(TreeFolder folder, ReadOnlySpan<byte> name)
    {
        if (folder.TryStatTarget(name, out var error) is not { } file)
        {
            // Closed, or unmapped, meanwhile; where it may not be looked at, it may be any.
            _isAnyUsed |= error is not (Errno.ENOENT or Errno.ESRCH);
        }
        else if (file.Kind == TreeEntryKind.File)
        {
            _used.Add(MarkOf(file));
        }
    }

    private readonly record struct Mark(FileTime Changed, FileTime Modified, long Size, int Mode, uint User, uint Group);
}
