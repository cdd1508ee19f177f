using Figment.Node.Journal;
using Figment.Node.Operations;

namespace Figment.Node.Lifecycle;

/// <summary>One <c>down</c>.</summary>
internal sealed class DownContext
{
    public required NodeParts Parts { get; init; }

    public required Operation Operation { get; init; }

    public required ApplicationRecord Record { get; init; }

    public bool Volumes { get; init; }

    public long? GraceMs { get; init; }

    public string Name => Record.Name;

    public string RuntimeFolder => Parts.Options.Places.ApplicationRuntime(Name);
}
