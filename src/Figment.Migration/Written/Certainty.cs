using Figment.Linux.Trees;

namespace Figment.Migration.Written;

/// <summary>
/// Of what is looked at from now on: whether a later change of it will be seen by its stamps. What was stamped just before may be stamped the same again, or be stamped before it is changed;
/// what is in use may change without a stamp.
/// </summary>
/// <param name="now">The kernel's clock for files, before anything is looked at, <paramref name="use"/> included.</param>
/// <param name="use">Files that are in use then.</param>
/// <param name="isStamped">The file system stamps also what is written through mappings.</param>
internal sealed class Certainty(FileTime now, FileUse use, bool isStamped)
{
    /// <summary>A tick is up to 10 ms; the rest is for whoever is interrupted between the stamp and the deed.</summary>
    private const long MarginNs = 100_000_000;

    /// <summary>File systems that keep whole seconds, or two of them.</summary>
    private const long CoarseMarginNs = 2_100_000_000;

    private const long SecondNs = 1_000_000_000;

    public bool IsSure(TreeEntry entry)
    {
        var changed = entry.Changed;
        long since = checked((Math.Clamp(now.Seconds - changed.Seconds, -SecondNs, SecondNs) * SecondNs) + now.Nanoseconds - changed.Nanoseconds);
        return since > (changed.Nanoseconds == 0 ? CoarseMarginNs : MarginNs) && (entry.Kind != TreeEntryKind.File || (isStamped && !use.Has(entry)));
    }
}
