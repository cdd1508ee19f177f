using System.Globalization;
using Figment.Compose.Yaml;

namespace Figment.Compose.Rendering;

/// <summary>Collects the keys of a mapping to be written; what says nothing is left out.</summary>
internal sealed class MappingBuilder
{
    private readonly List<MappingEntry> _entries = [];

    public bool IsEmpty => _entries.Count == 0;

    public MappingBuilder Add(string key, Node? value)
    {
        if (value is not null)
        {
            _entries.Add(new MappingEntry(key, Place.None, value));
        }

        return this;
    }

    public MappingBuilder Add(string key, string? text) => Add(key, text is null ? null : Text(text));

    public MappingBuilder Add(string key, long? number) => Add(key, number is null ? null : Number(number.Value));

    public MappingBuilder Add(string key, double? number) =>
        Add(key, number is null ? null : new ScalarNode(Place.None, number.Value.ToString("R", CultureInfo.InvariantCulture), ScalarKind.Float));

    /// <summary>Only true is written: false is the default everywhere it is used.</summary>
    public MappingBuilder AddIf(string key, bool flag) => Add(key, flag ? Flag(true) : null);

    public MappingBuilder AddList(string key, IEnumerable<Node> items)
    {
        List<Node> list = [.. items];
        return Add(key, list.Count == 0 ? null : new SequenceNode(Place.None, list));
    }

    public MappingBuilder AddTexts(string key, IEnumerable<string> texts) => AddList(key, texts.Select(Text));

    public MappingBuilder AddPairs(string key, IReadOnlyList<KeyValuePair<string, string>> pairs) =>
        Add(key, pairs.Count == 0 ? null : new MappingNode(Place.None, [.. pairs.Select(pair => new MappingEntry(pair.Key, Place.None, Text(pair.Value)))]));

    /// <summary>Variables; one without a value is written as null and takes the caller's.</summary>
    public MappingBuilder AddVariables(string key, IReadOnlyList<KeyValuePair<string, string?>> pairs) =>
        Add(key, pairs.Count == 0 ? null : new MappingNode(Place.None, [.. pairs.Select(pair => new MappingEntry(pair.Key, Place.None, pair.Value is null ? new ScalarNode(Place.None, string.Empty, ScalarKind.Null) : Text(pair.Value)))]));

    public MappingBuilder AddMapping(string key, MappingBuilder mapping) => Add(key, mapping.IsEmpty ? null : mapping.Build());

    public MappingNode Build() => new(Place.None, _entries);

    /// <summary>A dollar sign is doubled: the text is read with interpolation.</summary>
    public static Node Text(string text) => new ScalarNode(Place.None, text.Replace("$", "$$", StringComparison.Ordinal), ScalarKind.String);

    public static Node Number(long number) => new ScalarNode(Place.None, number.ToString(CultureInfo.InvariantCulture), ScalarKind.Integer);

    public static Node Flag(bool flag) => new ScalarNode(Place.None, flag ? "true" : "false", ScalarKind.Boolean);

    /// <summary>The largest units that are exact: <c>1m30s</c>, <c>500ms</c>.</summary>
    public static string Duration(long milliseconds)
    {
        if (milliseconds == 0)
        {
            return "0s";
        }

        var span = TimeSpan.FromMilliseconds(milliseconds);
        string hours = span.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalHours}h") : string.Empty;
        string minutes = span.Minutes > 0 ? string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}m") : string.Empty;
        string seconds = span.Seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $"{span.Seconds}s") : string.Empty;
        string rest = span.Milliseconds > 0 ? string.Create(CultureInfo.InvariantCulture, $"{span.Milliseconds}ms") : string.Empty;
        return hours + minutes + seconds + rest;
    }

    public static string Mode(int mode) => "0" + Convert.ToString(mode, 8);
}
