using System.Globalization;
using System.Text;
using Figment.Compose.Yaml;

namespace Figment.Compose.Rendering;

/// <summary>Writes a tree as YAML that <see cref="YamlReader"/> reads back as the same tree.</summary>
internal sealed class NodeWriter
{
    private readonly StringBuilder _output = new();

    public static string Write(MappingNode document)
    {
        var writer = new NodeWriter();
        writer.Mapping(document, 0);
        return writer._output.ToString();
    }

    private void Mapping(MappingNode mapping, int indent)
    {
        foreach (MappingEntry entry in mapping.Entries)
        {
            Indent(indent);
            _output.Append(Scalar(entry.Key)).Append(':');
            Value(entry.Value, indent + 2);
        }
    }

    private void Value(Node node, int indent)
    {
        switch (node)
        {
            case MappingNode { Entries.Count: > 0 } mapping:
                _output.Append('\n');
                Mapping(mapping, indent);
                break;
            case SequenceNode { Items.Count: > 0 } sequence:
                _output.Append('\n');
                Items(sequence, indent);
                break;
            default:
                _output.Append(' ');
                Leaf(node, indent);
                break;
        }
    }

    private void Items(SequenceNode sequence, int indent)
    {
        foreach (Node item in sequence.Items)
        {
            Indent(indent);
            _output.Append('-');
            if (item is MappingNode { Entries.Count: > 0 } mapping)
            {
                _output.Append(' ');
                int start = _output.Length;
                Mapping(mapping, indent + 2);

                // The first key stands behind the dash.
                _output.Remove(start, indent + 2);
            }
            else
            {
                Value(item, indent + 2);
            }
        }
    }

    private void Leaf(Node node, int indent)
    {
        switch (node)
        {
            case MappingNode:
                _output.Append("{}\n");
                break;
            case SequenceNode:
                _output.Append("[]\n");
                break;
            case ScalarNode { Kind: ScalarKind.String } scalar when IsLiteral(scalar.Text):
                _output.Append(scalar.Text.EndsWith('\n') ? "|\n" : "|-\n");
                foreach (string line in scalar.Text.TrimEnd('\n').Split('\n'))
                {
                    if (line.Length > 0)
                    {
                        Indent(indent);
                    }

                    _output.Append(line).Append('\n');
                }

                break;
            case ScalarNode scalar:
                _output.Append(scalar.Kind == ScalarKind.String ? Scalar(scalar.Text) : scalar.IsNull ? "null" : scalar.Text).Append('\n');
                break;
        }
    }

    private void Indent(int indent) => _output.Append(' ', indent);

    /// <summary>A block of lines is readable only if it is several lines of ordinary text that no rule of indentation touches.</summary>
    private static bool IsLiteral(string text)
    {
        string trimmed = text.TrimEnd('\n');
        return trimmed.Contains('\n', StringComparison.Ordinal)
            && text.Length - trimmed.Length <= 1
            && !char.IsWhiteSpace(trimmed[0])
            && text.All(character => character == '\n' || (!char.IsControl(character) && !IsUnusual(character)));
    }

    private static string Scalar(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var quoted = new StringBuilder("\"");
        for (int at = 0; at < text.Length; at++)
        {
            char character = text[at];
            bool pair = char.IsHighSurrogate(character) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
            if (pair)
            {
                quoted.Append(character).Append(text[++at]);
                continue;
            }

            quoted = character switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ when char.IsControl(character) || IsUnusual(character) => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static bool IsUnusual(char character) => char.IsSurrogate(character) || character is '\u0085' or '\u00A0' or '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF';

    /// <summary>Conservative: also what YAML 1.1 readers take for numbers in base 60 or for booleans is quoted.</summary>
    private static bool IsPlain(string text)
    {
        bool starts = text.Length > 0 && (char.IsAsciiLetterOrDigit(text[0]) || text[0] is '_' or '/' or '.');
        return starts
            && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '/' or '.' or '-' or ':' or '@' or '=' or '+')
            && !text.EndsWith(':')
            && !(char.IsAsciiDigit(text[0]) && text.Contains(':', StringComparison.Ordinal))
            && text.ToLowerInvariant() is not ("yes" or "no" or "on" or "off" or "y" or "n")
            && CoreSchema.Resolve(text) == ScalarKind.String;
    }
}
