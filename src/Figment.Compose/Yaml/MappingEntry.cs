namespace Figment.Compose.Yaml;

/// <param name="Key">Text of the key.</param>
/// <param name="KeyPlace">Where the key stands.</param>
/// <param name="Value">What it maps to.</param>
internal sealed record MappingEntry(string Key, Place KeyPlace, Node Value);
