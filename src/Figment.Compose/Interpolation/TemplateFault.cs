namespace Figment.Compose.Interpolation;

/// <summary>A text with <c>$</c> that cannot be expanded. Caught by whoever knows the place of the text.</summary>
internal sealed class TemplateFault(string message, string? hint = null) : Exception(message)
{
    public string? Hint => hint;
}
