using Figment.Linux.Files;

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

    /// <summary>For each step.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
