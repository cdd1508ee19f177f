namespace Figment.Compose.Yaml;

/// <summary>Compose's own tags for merging files.</summary>
internal enum NodeTag
{
    None,

    /// <summary><c>!reset</c>: take away what earlier files said.</summary>
    Reset,

    /// <summary><c>!override</c>: replace what earlier files said instead of merging.</summary>
    Override,
}
