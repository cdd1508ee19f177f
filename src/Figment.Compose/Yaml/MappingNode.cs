using System.Diagnostics.CodeAnalysis;

namespace Figment.Compose.Yaml;

/// <summary>Keys in the order written, each once.</summary>
internal sealed class MappingNode : Node
{
    private readonly Dictionary<string, MappingEntry> _byKey;

    /// <exception cref="ArgumentException">A key stands twice: the caller checks the user's text.</exception>
    public MappingNode(Place place, IReadOnlyList<MappingEntry> entries, NodeTag tag = NodeTag.None)
        : base(place, tag, 1 + NodeSize.Sum(entries.Select(entry => entry.Value)), 1 + entries.Select(entry => entry.Value.Height).DefaultIfEmpty().Max())
    {
        Entries = entries;
        _byKey = entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
    }

    public IReadOnlyList<MappingEntry> Entries { get; }

    public override string Description => "a mapping";

    public Node? Get(string key) => _byKey.TryGetValue(key, out MappingEntry? entry) ? entry.Value : null;

    public bool TryGet(string key, [NotNullWhen(true)] out MappingEntry? entry) => _byKey.TryGetValue(key, out entry);

    /// <summary>The same with one key replaced where it stands, or added, or (null) left out.</summary>
    public MappingNode With(string key, Node? value)
    {
        List<MappingEntry> entries = [];
        bool found = false;
        foreach (MappingEntry entry in Entries)
        {
            if (entry.Key != key)
            {
                entries.Add(entry);
                continue;
            }

            found = true;
            if (value is not null)
            {
                entries.Add(entry with { Value = value });
            }
        }

        if (!found && value is not null)
        {
            entries.Add(new MappingEntry(key, value.Place, value));
        }

        return new MappingNode(Place, entries, Tag);
    }

    /// <summary>The same with each value replaced by what <paramref name="change"/> makes of it.</summary>
    public MappingNode Map(Func<MappingEntry, Node> change) => new(Place, [.. Entries.Select(entry => entry with { Value = change(entry) })], Tag);
}
