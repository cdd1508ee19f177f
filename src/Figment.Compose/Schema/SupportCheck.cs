using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;

namespace Figment.Compose.Schema;

/// <summary>Reports what Figment does not act on, in the part of a merged file that will be used.</summary>
internal sealed class SupportCheck(DiagnosticSink sink)
{
    public void Check(Node node, Shape shape, string path)
    {
        switch (node)
        {
            case SequenceNode sequence when shape.Items is not null:
                foreach ((int index, Node item) in sequence.Items.Index())
                {
                    Check(item, shape.Items, $"{path}[{index}]");
                }

                break;
            case MappingNode mapping when shape.Keys is not null:
                foreach (MappingEntry entry in mapping.Entries)
                {
                    if (shape.Find(entry.Key) is { } key)
                    {
                        CheckKey(entry, key, path);
                    }
                }

                break;
            case MappingNode mapping when shape.Values is not null:
                foreach (MappingEntry entry in mapping.Entries)
                {
                    Check(entry.Value, shape.Values, StructureCheck.Join(path, entry.Key));
                }

                break;
        }
    }

    /// <summary>One key and what stands below it.</summary>
    public void CheckKey(MappingEntry entry, SchemaKey key, string path)
    {
        if (key.Support == SupportLevel.Works)
        {
            Check(entry.Value, key.Shape, StructureCheck.Join(path, entry.Key));
        }
        else if (!SaysNothing(entry.Value))
        {
            if (key.Support == SupportLevel.Refused)
            {
                sink.Error(entry.KeyPlace, path, $"'{key.Name}' is refused: {key.Note}");
            }
            else if (key.Support == SupportLevel.Warns)
            {
                sink.Unsupported(entry.KeyPlace, path, $"'{key.Name}' {sink.IsIgnored}: {key.Note}");
            }
            else if (sink.Mode != CompatibilityMode.Loose)
            {
                sink.Warn(entry.KeyPlace, path, $"'{key.Name}' is obsolete: {key.Note}");
            }
        }
    }

    /// <summary><c>privileged: false</c> asks for nothing.</summary>
    private static bool SaysNothing(Node value) => value switch
    {
        ScalarNode scalar => scalar.Kind == ScalarKind.Null || scalar.Text is "false" or "False" or "FALSE",
        SequenceNode sequence => sequence.Items.Count == 0,
        MappingNode mapping => mapping.Entries.Count == 0,
        _ => false,
    };
}
