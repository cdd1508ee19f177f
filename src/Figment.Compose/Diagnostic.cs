using System.Globalization;
using System.Text;

namespace Figment.Compose;

/// <summary>One thing that is wrong with, or not acted on in, the user's files.</summary>
public sealed record Diagnostic
{
    public required DiagnosticSeverity Severity { get; init; }

    /// <summary>As the user would write it: relative to the current folder where it lies below it. Empty if no file is at fault.</summary>
    public required string File { get; init; }

    /// <summary>From 1; 0 if the whole file is meant.</summary>
    public required int Line { get; init; }

    /// <summary>From 1; 0 if the whole line is meant.</summary>
    public required int Column { get; init; }

    /// <summary>Place in the document, as <c>services.web.ports[0]</c>; empty for the document itself.</summary>
    public required string Path { get; init; }

    public required string Message { get; init; }

    /// <summary>What to do, or null.</summary>
    public string? Hint { get; init; }

    /// <summary><c>compose.yaml:14:7: error: services.web: unknown key 'prots'; did you mean 'ports'?</c></summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (File.Length > 0)
        {
            text.Append(File);
            if (Line > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $":{Line}");
            }

            if (Line > 0 && Column > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $":{Column}");
            }

            text.Append(": ");
        }

        text.Append(Severity == DiagnosticSeverity.Error ? "error: " : "warning: ");
        if (Path.Length > 0)
        {
            text.Append(Path).Append(": ");
        }

        text.Append(Message);
        if (Hint is not null)
        {
            text.Append("; ").Append(Hint);
        }

        return text.ToString();
    }
}
