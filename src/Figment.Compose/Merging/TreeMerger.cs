using Figment.Compose.Diagnostics;
using Figment.Compose.Schema;
using Figment.Compose.Yaml;

namespace Figment.Compose.Merging;

/// <summary>Lays a later tree over an earlier one by the rules in the schema, and carries out <c>!reset</c> and <c>!override</c>.</summary>
internal sealed class TreeMerger(DiagnosticSink sink)
{
    private static readonly SchemaKey Unknown = new(string.Empty, Shapes.Anything);

    /// <summary>Merges mappings that passed <see cref="StructureCheck"/>. Without an earlier one the later is brought to canonical form.</summary>
    public MappingNode Merge(MappingNode? earlier, MappingNode later, Shape shape, string path)
    {
        List<MappingEntry> entries = earlier is null ? [] : [.. earlier.Entries];
        Dictionary<string, int> indexes = entries.Index().ToDictionary(pair => pair.Item.Key, pair => pair.Index, StringComparer.Ordinal);
        HashSet<int> removed = [];
        foreach (MappingEntry entry in later.Entries)
        {
            bool exists = indexes.TryGetValue(entry.Key, out int index);
            if (entry.Value.Tag == NodeTag.Reset)
            {
                if (exists)
                {
                    removed.Add(index);
                }

                continue;
            }

            SchemaKey key = shape.Find(entry.Key) ?? (shape.Values is null ? Unknown : new SchemaKey(entry.Key, shape.Values));
            Node? below = exists && entry.Value.Tag != NodeTag.Override ? entries[index].Value : null;
            var merged = new MappingEntry(entry.Key, entry.KeyPlace, Merge(below, entry.Value, key, StructureCheck.Join(path, entry.Key)));
            if (exists)
            {
                entries[index] = merged;
            }
            else
            {
                indexes.Add(entry.Key, entries.Count);
                entries.Add(merged);
            }
        }

        return new MappingNode(later.Place, [.. entries.Where((_, index) => !removed.Contains(index))]);
    }

    private Node Merge(Node? earlier, Node later, SchemaKey key, string path)
    {
        Node value = CanonicalForm.Of(later, key.Merge);
        if (value is ScalarNode scalar)
        {
            // "environment:" with nothing after it says nothing; "command: null" does.
            return scalar.IsNull && earlier is not null && key.Shape.IsCollection && !key.Shape.Scalars.HasFlag(ScalarTypes.Null) ? earlier : scalar;
        }

        Node? below = key.Merge == MergeRule.Replace || earlier is ScalarNode ? null : earlier;
        if (key.Merge == MergeRule.Driver && below is MappingNode old && value is MappingNode young && Driver(young) is { } driver && Driver(old) is { } before && driver != before)
        {
            below = null;
        }

        switch (value)
        {
            case MappingNode mapping when below is null or MappingNode:
                return Merge((MappingNode?)below, mapping, key.Shape, path);
            case SequenceNode sequence when below is null or SequenceNode:
                return MergeLists((SequenceNode?)below, sequence, key, path);
            default:
                sink.Error(later.Place, path, $"{value.Description} cannot be merged with {below!.Description} in {below.Place.File}:{below.Place.Line}", "write !override before it to replace what was said there");
                return value;
        }
    }

    private SequenceNode MergeLists(SequenceNode? earlier, SequenceNode later, SchemaKey key, string path)
    {
        List<Node> items = [];
        Dictionary<string, int> indexes = new(StringComparer.Ordinal);
        Func<Node, string>? identity = CanonicalForm.IdentityOf(key.Merge);
        IEnumerable<Node> all = (earlier?.Items ?? []).Concat(later.Items.Where(item => item.Tag != NodeTag.Reset).Select((item, index) => Canonical(item, key, $"{path}[{index}]")));
        foreach (Node item in all)
        {
            string? name = identity?.Invoke(item);
            if (name is not null && indexes.TryGetValue(name, out int index))
            {
                items[index] = item;
                continue;
            }

            if (name is not null)
            {
                indexes.Add(name, items.Count);
            }

            items.Add(item);
        }

        return new SequenceNode(later.Place, items);
    }

    private Node Canonical(Node item, SchemaKey key, string path) =>
        item is MappingNode mapping && key.Shape.Items is { } shape ? Merge(null, mapping, shape, path) : item;

    private static string? Driver(MappingNode logging) => logging.Get("driver") is ScalarNode { IsNull: false } driver ? driver.Text : null;
}
