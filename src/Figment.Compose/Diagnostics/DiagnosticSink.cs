using Figment.Compose.Yaml;

namespace Figment.Compose.Diagnostics;

/// <summary>Collects what one load has to say, each thing once.</summary>
internal sealed class DiagnosticSink(CompatibilityMode mode)
{
    private readonly List<Diagnostic> _all = [];
    private readonly HashSet<Diagnostic> _seen = [];
    private readonly Dictionary<string, int> _files = new(StringComparer.Ordinal);

    public CompatibilityMode Mode => mode;

    /// <summary>What happens to a thing that is not acted on, for messages of <see cref="Unsupported"/>.</summary>
    public string IsIgnored => mode == CompatibilityMode.Strict ? "would be ignored" : "is ignored";

    public int ErrorCount { get; private set; }

    public bool HasErrors => ErrorCount > 0;

    public void Error(Place place, string path, string message, string? hint = null) => Add(DiagnosticSeverity.Error, place, path, message, hint);

    public void Warn(Place place, string path, string message, string? hint = null) => Add(DiagnosticSeverity.Warning, place, path, message, hint);

    /// <summary>Something that Compose knows and Figment does not act on: the mode decides.</summary>
    public void Unsupported(Place place, string path, string message, string? hint = null)
    {
        switch (mode)
        {
            case CompatibilityMode.Warn:
                Warn(place, path, message, hint);
                break;
            case CompatibilityMode.Strict:
                Error(place, path, message, hint);
                break;
            case CompatibilityMode.Loose:
                break;
        }
    }

    public IReadOnlyList<Diagnostic> Ordered()
    {
        var ordered = _all.OrderBy(one => _files[one.File]).ThenBy(one => one.Line).ThenBy(one => one.Column).ToList();
        int errors = ordered.Count(one => one.Severity == DiagnosticSeverity.Error);
        if (ordered.Count <= ComposeLimits.DiagnosticsMax)
        {
            return ordered;
        }

        // Errors first when there are too many: a flood of warnings must not hide why nothing was started.
        var kept = (errors > 0 ? ordered.Where(one => one.Severity == DiagnosticSeverity.Error) : ordered).Take(ComposeLimits.DiagnosticsMax).ToList();
        kept.Add(new Diagnostic
        {
            Severity = errors > 0 ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
            File = string.Empty,
            Line = 0,
            Column = 0,
            Path = string.Empty,
            Message = $"{ordered.Count - kept.Count} more messages are not shown",
        });
        return kept;
    }

    private void Add(DiagnosticSeverity severity, Place place, string path, string message, string? hint)
    {
        var diagnostic = new Diagnostic
        {
            Severity = severity,
            File = Quote.Printable(place.File),
            Line = place.Line,
            Column = place.Column,
            Path = Quote.Printable(path),
            Message = Quote.Printable(message),
            Hint = hint is null ? null : Quote.Printable(hint),
        };
        if (!_seen.Add(diagnostic))
        {
            return;
        }

        _files.TryAdd(diagnostic.File, _files.Count);
        _all.Add(diagnostic);
        if (severity == DiagnosticSeverity.Error)
        {
            ErrorCount++;
        }
    }
}
