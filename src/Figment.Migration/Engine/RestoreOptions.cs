using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Migration.Criu;
using Figment.Migration.Lazy;

namespace Figment.Migration.Engine;

/// <summary>What is restored, and what stands for what was not part of it.</summary>
public sealed record RestoreOptions
{
    /// <summary>Where a dump wrote to.</summary>
    public required string Folder { get; init; }

    /// <summary>Becomes the tree's root; a mount point. Null: this process's root is.</summary>
    public string? Root { get; init; }

    /// <summary>By the name given at the dump, the path here of what is mounted.</summary>
    public IReadOnlyDictionary<string, string> Mounts { get; init; } = new Dictionary<string, string>();

    /// <summary>By the name given at the dump, or CRIU's own name for a pipe (<c>pipe:[4711]</c>), what stands for it. They stay the caller's.</summary>
    public IReadOnlyDictionary<string, Descriptor> Descriptors { get; init; } = new Dictionary<string, Descriptor>();

    /// <summary>Starts CRIU, as a child of this process: the tree inherits its control groups, namespaces that were not part of it, and filters. Null: as this process is.</summary>
    public Func<CriuStart, Pidfd>? Start { get; init; }

    /// <summary>Memory comes when it is touched: it listens in the folder, which says so of its pages. Null: the folder has all of it.</summary>
    public LazyPages? Lazy { get; init; }

    /// <summary>The dump let packets pass, or was made elsewhere: no table keeps them away here. False: the one that the dump left goes, see <see cref="LockTable"/>.</summary>
    public bool LetPacketsPass { get; init; }

    /// <summary>For each step.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
