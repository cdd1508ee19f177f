using Figment.Model.Specs;

namespace Figment.Compose;

public sealed record ComposeResult
{
    /// <summary>Null if any diagnostic is an error.</summary>
    public required ApplicationSpec? Application { get; init; }

    /// <summary>By file in the order read, then by line and column.</summary>
    public required IReadOnlyList<Diagnostic> Diagnostics { get; init; }
}
