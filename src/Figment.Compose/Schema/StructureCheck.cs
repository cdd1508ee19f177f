using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;

namespace Figment.Compose.Schema;

/// <summary>Compares a tree with the schema: unknown keys, and lists, mappings and scalars where others belong. What passed can be merged and read without asking again.</summary>
internal sealed class StructureCheck(DiagnosticSink sink)
{
    public void Check(Node node, Shape shape, string path)
    {
        if (node.Tag == NodeTag.Reset || shape.Anything)
        {
            return;
        }

        switch (node)
        {
            case ScalarNode scalar when Accepts(shape, scalar):
                return;
            case SequenceNode sequence when shape.Items is not null:
                foreach ((int index, Node item) in sequence.Items.Index())
                {
                    Check(item, shape.Items, $"{path}[{index}]");
                }

                return;
            case MappingNode mapping when shape.Keys is not null:
                CheckKeys(mapping, shape, path);
                return;
            case MappingNode mapping when shape.Values is not null:
                foreach (MappingEntry entry in mapping.Entries)
                {
                    Check(entry.Value, shape.Values, Join(path, entry.Key));
                }

                return;
            default:
                bool needsQuotes = shape.Scalars == ScalarTypes.String && node is ScalarNode { IsNull: false };
                sink.Error(node.Place, path, $"expected {shape.Expected}, found {node.Description}", needsQuotes ? "put it in quotes" : null);
                return;
        }
    }

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private void CheckKeys(MappingNode mapping, Shape shape, string path)
    {
        foreach (MappingEntry entry in mapping.Entries)
        {
            if (shape.Find(entry.Key) is { } key)
            {
                Check(entry.Value, key.Shape, Join(path, entry.Key));
            }
            else if (!entry.Key.StartsWith("x-", StringComparison.Ordinal) && sink.Mode != CompatibilityMode.Loose)
            {
                // What will not be shown needs no search for the word that was meant.
                string? hint = sink.ErrorCount < ComposeLimits.DiagnosticsMax ? Suggestion.For(entry.Key, shape.Keys!.Select(known => known.Name)) : null;
                sink.Error(entry.KeyPlace, path, $"unknown key {Quote.Text(entry.Key)}", hint);
            }
        }
    }

    private static bool Accepts(Shape shape, ScalarNode scalar) => scalar.Kind switch
    {
        ScalarKind.Null => shape.IsCollection || shape.Scalars.HasFlag(ScalarTypes.Null),
        ScalarKind.String => shape.Scalars.HasFlag(ScalarTypes.String),
        ScalarKind.Boolean => shape.Scalars.HasFlag(ScalarTypes.Boolean),
        _ => shape.Scalars.HasFlag(ScalarTypes.Number),
    };
}
