using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>Whether two trees say the same; order of keys and places do not count.</summary>
internal static class NodeEquality
{
    public static bool Same(Node left, Node right) => (left, right) switch
    {
        _ when ReferenceEquals(left, right) => true,
        (ScalarNode one, ScalarNode other) => one.Text == other.Text && one.IsNull == other.IsNull,
        (SequenceNode one, SequenceNode other) => one.Items.Count == other.Items.Count && one.Items.Zip(other.Items).All(pair => Same(pair.First, pair.Second)),
        (MappingNode one, MappingNode other) => one.Entries.Count == other.Entries.Count
            && one.Entries.All(entry => other.Get(entry.Key) is { } value && Same(entry.Value, value)),
        _ => false,
    };
}
