using System.Globalization;
using Figment.Compose.Diagnostics;
using Figment.Compose.Schema;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>A mapping being read: typed values of its keys, with a message where a value does not fit. Null: the key is not there, says nothing, or was wrong.</summary>
internal sealed class Section(MappingNode mapping, string path, DiagnosticSink sink)
{
    public MappingNode Mapping => mapping;

    public string Path => path;

    public DiagnosticSink Sink => sink;

    public IReadOnlyList<MappingEntry> Entries => mapping.Entries;

    public string PathOf(string key) => StructureCheck.Join(path, key);

    public bool Has(string key) => mapping.Get(key) is { } value and not ScalarNode { IsNull: true };

    public void Error(Node node, string key, string message, string? hint = null) => sink.Error(node.Place, PathOf(key), message, hint);

    public void Unsupported(Node node, string key, string message, string? hint = null) => sink.Unsupported(node.Place, PathOf(key), message, hint);

    /// <summary>The scalar at a key, unless it says nothing.</summary>
    public ScalarNode? Scalar(string key) => mapping.Get(key) is ScalarNode { IsNull: false } scalar ? scalar : null;

    /// <summary>Null also for an empty text, which Compose files use for "not said".</summary>
    public string? Text(string key) => Scalar(key) is { Text.Length: > 0 } scalar ? scalar.Text : null;

    public bool? Flag(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        bool? flag = Values.Flag(scalar.Text);
        if (flag is null)
        {
            Error(scalar, key, $"expected true or false, found {scalar.Description}");
        }

        return flag;
    }

    public long? Integer(string key, long least, long most) => Scalar(key) is { } scalar ? Integer(scalar, PathOf(key), least, most) : null;

    public long? Integer(ScalarNode scalar, string valuePath, long least, long most)
    {
        if (Values.Integer(scalar.Text) is { } number && number >= least && number <= most)
        {
            return number;
        }

        string range = most == long.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"of at least {least}") : string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}");
        sink.Error(scalar.Place, valuePath, $"expected a number {range}, found {Quote.Text(scalar.Text)}");
        return null;
    }

    /// <summary>A number of cores.</summary>
    public double? Cpus(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        // A thousand times the largest machine there is: a value above is a mistake in the unit.
        double? number = Values.Real(scalar.Text) is >= 0 and <= 1_000_000 and double value ? value : null;
        if (number is null)
        {
            Error(scalar, key, $"expected a number of cores such as 0.5, found {Quote.Text(scalar.Text)}");
        }

        return number;
    }

    /// <summary>Bytes; -1 where <paramref name="unlimited"/> allows it.</summary>
    public long? Size(string key, bool unlimited = false)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        long? size = unlimited && scalar.Text == "-1" ? -1 : ByteSize.Parse(scalar.Text);
        if (size is null)
        {
            Error(scalar, key, $"expected a size such as 512m, found {Quote.Text(scalar.Text)}");
        }

        return size;
    }

    public long? DurationMs(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        long? duration = Values.DurationMs(scalar.Text);
        if (duration is null)
        {
            Error(scalar, key, $"expected a duration such as 1m30s, found {Quote.Text(scalar.Text)}", Values.Real(scalar.Text) is null ? null : $"write {scalar.Text}s for seconds");
        }

        return duration;
    }

    public int? Mode(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        int? mode = Values.Mode(scalar.Text, scalar.Kind == ScalarKind.String);
        if (mode is null)
        {
            Error(scalar, key, $"expected a file mode such as 0440, found {Quote.Text(scalar.Text)}");
        }

        return mode;
    }

    /// <summary>One of several words.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        List<string> words = [];
        foreach ((string word, T _) in choices)
        {
            words.Add(word);
        }

        Error(Scalar(key)!, key, $"expected one of {string.Join(", ", words)}, found {Quote.Text(text)}", Suggestion.For(text, words));
        return null;
    }

    /// <summary>Items of a list with their paths; a single scalar counts as a list of one.</summary>
    public IEnumerable<(Node Node, string Path)> Items(string key) => mapping.Get(key) switch
    {
        SequenceNode list => list.Items.Select((item, index) => (item, $"{PathOf(key)}[{index}]")),
        ScalarNode { IsNull: false } scalar => [(scalar, PathOf(key))],
        _ => [],
    };

    public IReadOnlyList<string> Texts(string key) => [.. Items(key).Select(item => ((ScalarNode)item.Node).Text)];

    /// <summary>A mapping at a key; null if there is none.</summary>
    public Section? Child(string key) => mapping.Get(key) is MappingNode child ? new Section(child, PathOf(key), sink) : null;

    /// <summary>The entries of a mapping at a key, each as a section; entries that say nothing as empty ones.</summary>
    public IEnumerable<(MappingEntry Entry, Section Section)> Children(string key) =>
        Child(key) is { } child ? child.Children() : [];

    public IEnumerable<(MappingEntry Entry, Section Section)> Children() =>
        mapping.Entries.Select(entry => (entry, new Section(entry.Value as MappingNode ?? new MappingNode(entry.Value.Place, []), PathOf(entry.Key), sink)));

    /// <summary>A canonical mapping of names to values; a name without a value has an empty one.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs(string key) =>
        mapping.Get(key) is MappingNode pairs ? [.. pairs.Entries.Select(entry => KeyValuePair.Create(entry.Key, ((ScalarNode)entry.Value).Text))] : [];

    /// <summary>A command: a list as it is, a string split into words. Null: not said.</summary>
    public IReadOnlyList<string>? Command(string key)
    {
        switch (mapping.Get(key))
        {
            case SequenceNode list:
                return [.. list.Items.Select(item => ((ScalarNode)item).Text)];
            case ScalarNode { IsNull: false } scalar:
                IReadOnlyList<string>? words = ShellWords.Split(scalar.Text);
                if (words is null)
                {
                    Error(scalar, key, "a quote is not closed, or a backslash ends the text", "write a list instead: [\"program\", \"argument\"]");
                }

                return words;
            default:
                return null;
        }
    }
}
