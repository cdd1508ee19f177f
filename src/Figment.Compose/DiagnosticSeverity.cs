namespace Figment.Compose;

public enum DiagnosticSeverity
{
    Warning,
    Error,
}
