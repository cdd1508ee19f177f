using System.Globalization;
using System.Text;

namespace Figment.Linux.Cgroups;

/// <summary>
/// Has the kernel give back memory that a control group is charged with: what is no file's to swap, if there is some, and file pages. Nothing is lost, it is read again when it is touched. One thread.
/// The unified tree has a file for it (memory.reclaim); with version 1 the group's limit is lowered for a moment, which is for groups of which nothing runs meanwhile.
/// </summary>
public sealed class MemoryReclaim
{
    private const string Limit = "memory.limit_in_bytes";
    private const int PageBytes = 4096;

    private readonly string _file;
    private readonly MemoryUse _use;
    private readonly string? _limit;

    private MemoryReclaim(string file, MemoryUse use, string? limit) => (_file, _use, _limit) = (file, use, limit);

    /// <param name="folders">By controller, as <see cref="MachineCgroup.Folders"/>.</param>
    /// <param name="use">Of the same group.</param>
    /// <returns>Null: this system cannot do that.</returns>
    /// <exception cref="IOException">The group is gone.</exception>
    public static MemoryReclaim? Open(IReadOnlyDictionary<string, string> folders, MemoryUse use)
    {
        if (folders.TryGetValue("memory", out string? folder) && Path.Combine(folder, Limit) is var limit && File.Exists(limit))
        {
            return new MemoryReclaim(limit, use, File.ReadAllText(limit).Trim());
        }

        return folders.TryGetValue(MachineCgroup.UnifiedKey, out folder) && Path.Combine(folder, "memory.reclaim") is var reclaim && File.Exists(reclaim) ? new MemoryReclaim(reclaim, use, null) : null;
    }

    /// <summary>So much. False: so much could not be had, and asking again yields nothing.</summary>
    /// <exception cref="IOException">The group is gone.</exception>
    public bool Take(long bytes)
    {
        if (_limit is null)
        {
            return TryWrite(bytes);
        }

        try
        {
            return TryWrite(Math.Max(PageBytes, _use.ReadBytes() - bytes));
        }
        finally
        {
            File.WriteAllText(_file, _limit);
        }
    }

    /// <summary>The kernel answers EBUSY (version 1) or EAGAIN.</summary>
    private bool TryWrite(long bytes)
    {
        try
        {
            File.WriteAllText(_file, bytes.ToString(CultureInfo.InvariantCulture), Encoding.ASCII);
            return true;
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return false;
        }
    }
}
