namespace Figment.Compose.Yaml;

/// <summary>What a scalar is by the YAML 1.2 core schema; quoted ones are strings.</summary>
internal enum ScalarKind
{
    String,
    Integer,
    Float,
    Boolean,
    Null,
}
