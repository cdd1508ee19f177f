namespace Figment.Compose.Yaml;

/// <summary>The text cannot be read as YAML, or is too much. Ends the reading of one file; never leaves <see cref="YamlReader"/>.</summary>
internal sealed class YamlFault(Place place, string message, string? hint = null) : Exception(message)
{
    public Place Place => place;

    public string? Hint => hint;
}
