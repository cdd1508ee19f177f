using Figment.Compose.Diagnostics;
using Figment.Compose.Files;
using Figment.Compose.Interpolation;
using Figment.Compose.Merging;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>What all files of one load share: where messages go, the files, and the limits.</summary>
internal sealed class LoadScope(IComposeFiles files, DiagnosticSink sink)
{
    public DiagnosticSink Sink => sink;

    public FileReader Files { get; } = new(files, sink);

    public NodeBudget Nodes { get; } = new();

    public TextBudget Text { get; } = new(ComposeLimits.InterpolatedCharactersMax);

    public TreeMerger Merger { get; } = new(sink);

    /// <summary>Variables that were said to be unset: once is enough.</summary>
    public HashSet<string> ReportedUnset { get; } = new(StringComparer.Ordinal);
}
