using Figment.Compose.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Figment.Compose.Yaml;

/// <summary>YAML text in, nodes with places out: anchors and aliases resolved, merge keys expanded, within limits.</summary>
internal sealed class YamlReader
{
    private const string CoreTagPrefix = "tag:yaml.org,2002:";

    private readonly EventSource _events;
    private readonly NodeBudget _budget;
    private readonly DiagnosticSink _sink;
    private readonly Dictionary<string, Node> _anchors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    private YamlReader(string file, string text, NodeBudget budget, DiagnosticSink sink)
    {
        _budget = budget;
        _sink = sink;
        _events = new EventSource(file, text);
    }

    /// <summary>The documents of a file. What is wrong goes to <paramref name="sink"/>; then the result holds the documents before the fault.</summary>
    public static IReadOnlyList<Node> Read(string file, string text, NodeBudget budget, DiagnosticSink sink)
    {
        List<Node> documents = [];
        try
        {
            new YamlReader(file, text, budget, sink).ReadStream(documents);
        }
        catch (YamlFault fault)
        {
            sink.Error(fault.Place, string.Empty, fault.Message, fault.Hint);
        }

        return documents;
    }

    private void ReadStream(List<Node> documents)
    {
        for (; _events.Current is not null; _events.Next())
        {
            if (_events.Current is DocumentStart)
            {
                _events.Next();
                _anchors.Clear();
                documents.Add(ReadNode(1));
            }
        }
    }

    /// <summary>Reads the node at the current event and leaves its last event current.</summary>
    private Node ReadNode(int depth)
    {
        ParsingEvent here = _events.Current ?? throw new YamlFault(Place.None, "the text ends within a value");
        Place place = _events.PlaceOf(here.Start);
        if (depth > ComposeLimits.DepthMax)
        {
            throw new YamlFault(place, $"nested more than {ComposeLimits.DepthMax} deep");
        }

        if (here is AnchorAlias alias)
        {
            return Resolve(alias.Value.Value, place, depth);
        }

        Take(1, place);
        if (here is not NodeEvent nodeEvent)
        {
            throw new YamlFault(place, "a value is missing here");
        }

        string? anchor = nodeEvent.Anchor.IsEmpty ? null : nodeEvent.Anchor.Value;
        if (anchor is not null)
        {
            _anchors.Remove(anchor);
            _open.Add(anchor);
        }

        Node node = nodeEvent switch
        {
            Scalar scalar => ReadScalar(scalar, place),
            SequenceStart start => ReadSequence(start, place, depth),
            MappingStart start => ReadMapping(start, place, depth),
            _ => throw new YamlFault(place, "a value is missing here"),
        };
        if (anchor is not null)
        {
            _open.Remove(anchor);
            _anchors[anchor] = node;
        }

        return node;
    }

    private Node Resolve(string name, Place place, int depth)
    {
        if (_open.Contains(name))
        {
            throw new YamlFault(place, $"the alias {Quote.Text("*" + name)} stands inside the value that it repeats");
        }

        if (!_anchors.TryGetValue(name, out Node? node))
        {
            throw new YamlFault(place, $"no anchor {Quote.Text("&" + name)} stands before this alias", Suggestion.For(name, _anchors.Keys));
        }

        if (depth + node.Height - 1 > ComposeLimits.DepthMax)
        {
            throw new YamlFault(place, $"nested more than {ComposeLimits.DepthMax} deep with its aliases written out");
        }

        Take(node.Size, place);
        return node;
    }

    private ScalarNode ReadScalar(Scalar scalar, Place place)
    {
        if (IsUnusable(scalar.Value))
        {
            throw new YamlFault(place, "a zero byte or half a character cannot be given to a program");
        }

        (NodeTag tag, string? core) = ReadTag(scalar, place);
        ScalarKind kind = core switch
        {
            null => scalar.IsPlainImplicit || (tag != NodeTag.None && scalar.Style == ScalarStyle.Plain) ? CoreSchema.Resolve(scalar.Value) : ScalarKind.String,
            "str" => ScalarKind.String,
            "int" => ScalarKind.Integer,
            "float" => ScalarKind.Float,
            "bool" => ScalarKind.Boolean,
            "null" => ScalarKind.Null,
            _ => throw UnknownTag(scalar, place),
        };
        return new ScalarNode(place, scalar.Value, kind, tag);
    }

    /// <summary>Escapes such as "\0" and "\uD800" can make text that no argument, variable or path can hold.</summary>
    private static bool IsUnusable(string text)
    {
        for (int at = 0; at < text.Length; at++)
        {
            if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            {
                at++;
            }
            else if (text[at] == '\0' || char.IsSurrogate(text[at]))
            {
                return true;
            }
        }

        return false;
    }

    private SequenceNode ReadSequence(SequenceStart start, Place place, int depth)
    {
        (NodeTag tag, string? core) = ReadTag(start, place);
        if (core is not (null or "seq"))
        {
            throw UnknownTag(start, place);
        }

        List<Node> items = [];
        for (_events.Next(); _events.Current is not SequenceEnd; _events.Next())
        {
            items.Add(ReadNode(depth + 1));
        }

        return new SequenceNode(place, items, tag);
    }

    private MappingNode ReadMapping(MappingStart start, Place place, int depth)
    {
        (NodeTag tag, string? core) = ReadTag(start, place);
        if (core is not (null or "map"))
        {
            throw UnknownTag(start, place);
        }

        List<MappingEntry> entries = [];
        Dictionary<string, Place> seen = new(StringComparer.Ordinal);
        MappingEntry? merge = null;
        for (_events.Next(); _events.Current is not MappingEnd; _events.Next())
        {
            bool plain = _events.Current is Scalar { Style: ScalarStyle.Plain } or AnchorAlias;
            Node key = ReadNode(depth + 1);
            if (key is not ScalarNode name)
            {
                throw new YamlFault(key.Place, $"a key must be a word, found {key.Description}");
            }

            _events.Next();
            var entry = new MappingEntry(name.Text, name.Place, ReadNode(depth + 1));
            if (!seen.TryAdd(name.Text, name.Place))
            {
                _sink.Error(name.Place, string.Empty, $"the key {Quote.Text(name.Text)} stands twice in one mapping, first in line {seen[name.Text].Line}", name.Text == "<<" ? "write one merge key with a list: <<: [*a, *b]" : null);
            }
            else if (name.Text == "<<" && plain)
            {
                merge = entry;
            }
            else
            {
                entries.Add(entry);
            }
        }

        if (merge is not null)
        {
            Merge(merge, entries);
        }

        return new MappingNode(place, entries, tag);
    }

    /// <summary>Adds what a merge key names. Explicit keys win, and earlier mappings of a list win over later ones (YAML merge key type, 2005).</summary>
    private void Merge(MappingEntry merge, List<MappingEntry> entries)
    {
        HashSet<string> present = [.. entries.Select(entry => entry.Key)];
        IReadOnlyList<Node> sources = merge.Value is SequenceNode list ? list.Items : [merge.Value];
        foreach (Node source in sources)
        {
            if (source is not MappingNode mapping)
            {
                throw new YamlFault(merge.KeyPlace, $"the merge key << needs a mapping or a list of mappings, found {source.Description}");
            }

            entries.AddRange(mapping.Entries.Where(entry => present.Add(entry.Key)));
        }
    }

    private (NodeTag Tag, string? Core) ReadTag(NodeEvent nodeEvent, Place place)
    {
        if (nodeEvent.Tag.IsEmpty || nodeEvent.Tag.IsNonSpecific)
        {
            return (NodeTag.None, nodeEvent is Scalar && !nodeEvent.Tag.IsEmpty ? "str" : null);
        }

        string tag = nodeEvent.Tag.Value;
        return tag switch
        {
            "!reset" => (NodeTag.Reset, null),
            "!override" => (NodeTag.Override, null),
            _ when tag.StartsWith(CoreTagPrefix, StringComparison.Ordinal) => (NodeTag.None, tag[CoreTagPrefix.Length..]),
            _ => throw UnknownTag(nodeEvent, place),
        };
    }

    private static YamlFault UnknownTag(NodeEvent nodeEvent, Place place) =>
        new(place, $"unknown tag {Quote.Text(nodeEvent.Tag.Value)}", "Compose has !reset and !override");

    private void Take(int nodes, Place place)
    {
        if (!_budget.Take(nodes))
        {
            throw new YamlFault(place, $"more than {ComposeLimits.NodesMax} values with all aliases written out");
        }
    }
}
