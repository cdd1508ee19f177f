using Figment.Compose.Schema;
using Figment.Compose.Yaml;

namespace Figment.Compose.Merging;

/// <summary>Brings the several ways in which a thing may be written to one, so that it can be merged and read.</summary>
internal static class CanonicalForm
{
    public static Node Of(Node node, MergeRule rule) => (rule, node) switch
    {
        (MergeRule.KeyValue, SequenceNode list) => KeyValues(list),
        (MergeRule.Names, SequenceNode list) => Names(list),
        (MergeRule.Hosts, SequenceNode list) => new SequenceNode(list.Place, [.. list.Items.Select(HostLine)], list.Tag),
        (MergeRule.Hosts, MappingNode mapping) => new SequenceNode(mapping.Place, [.. mapping.Entries.SelectMany(HostLines)], mapping.Tag),
        (MergeRule.Union, ScalarNode { IsNull: false } scalar) => new SequenceNode(scalar.Place, [scalar], scalar.Tag),
        (MergeRule.Build, ScalarNode { IsNull: false } context) =>
            new MappingNode(context.Place, [new MappingEntry("context", context.Place, context)], context.Tag),
        _ => node,
    };

    /// <summary>Gives each item of a list its identity; null for lists that only append.</summary>
    public static Func<Node, string>? IdentityOf(MergeRule rule) => rule switch
    {
        MergeRule.Union or MergeRule.Hosts => Identities.OfText,
        MergeRule.Ports => Identities.OfPort,
        MergeRule.Mounts => Identities.OfMount,
        MergeRule.Files => Identities.OfFile,
        _ => null,
    };

    private static MappingNode KeyValues(SequenceNode list)
    {
        List<MappingEntry> entries = [];
        Dictionary<string, int> indexes = new(StringComparer.Ordinal);
        foreach (ScalarNode item in list.Items.OfType<ScalarNode>())
        {
            int equals = item.Text.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? item.Text : item.Text[..equals];
            var value = equals < 0
                ? new ScalarNode(item.Place, string.Empty, ScalarKind.Null)
                : new ScalarNode(item.Place, item.Text[(equals + 1)..], ScalarKind.String);
            AddOrReplace(entries, indexes, new MappingEntry(key, item.Place, value));
        }

        return new MappingNode(list.Place, entries, list.Tag);
    }

    private static MappingNode Names(SequenceNode list)
    {
        List<MappingEntry> entries = [];
        Dictionary<string, int> indexes = new(StringComparer.Ordinal);
        foreach (ScalarNode item in list.Items.OfType<ScalarNode>())
        {
            AddOrReplace(entries, indexes, new MappingEntry(item.Text, item.Place, new ScalarNode(item.Place, string.Empty, ScalarKind.Null)));
        }

        return new MappingNode(list.Place, entries, list.Tag);
    }

    private static void AddOrReplace(List<MappingEntry> entries, Dictionary<string, int> indexes, MappingEntry entry)
    {
        if (indexes.TryAdd(entry.Key, entries.Count))
        {
            entries.Add(entry);
        }
        else
        {
            entries[indexes[entry.Key]] = entry;
        }
    }

    /// <summary><c>name:address</c> becomes <c>name=address</c>; an IPv6 address has colons itself, so the first separator counts.</summary>
    private static Node HostLine(Node item)
    {
        if (item is not ScalarNode scalar)
        {
            return item;
        }

        int separator = scalar.Text.AsSpan().IndexOfAny('=', ':');
        return separator < 0 ? scalar : new ScalarNode(scalar.Place, $"{scalar.Text[..separator]}={scalar.Text[(separator + 1)..]}", ScalarKind.String);
    }

    private static IEnumerable<Node> HostLines(MappingEntry entry)
    {
        IEnumerable<Node> addresses = entry.Value is SequenceNode list ? list.Items : [entry.Value];
        return addresses.OfType<ScalarNode>().Select(address => new ScalarNode(address.Place, $"{entry.Key}={address.Text}", ScalarKind.String));
    }
}
