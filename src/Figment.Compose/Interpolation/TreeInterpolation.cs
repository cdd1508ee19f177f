using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;

namespace Figment.Compose.Interpolation;

/// <summary>Expands variables in all values of a tree; keys are left alone, as in docker compose.</summary>
internal sealed class TreeInterpolation(IReadOnlyDictionary<string, string> variables, TextBudget budget, DiagnosticSink sink, HashSet<string> reportedUnset)
{
    public Node Apply(Node node, string path) => node switch
    {
        ScalarNode scalar => Expand(scalar, path),
        SequenceNode sequence => new SequenceNode(sequence.Place, [.. sequence.Items.Select((item, index) => Apply(item, $"{path}[{index}]"))], sequence.Tag),
        MappingNode mapping => mapping.Map(entry => Apply(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}")),
        _ => node,
    };

    private ScalarNode Expand(ScalarNode scalar, string path)
    {
        if (!scalar.Text.Contains('$', StringComparison.Ordinal))
        {
            return scalar;
        }

        try
        {
            string text = Template.Expand(scalar.Text, name => variables.GetValueOrDefault(name), name => ReportUnset(name, scalar.Place, path), budget);
            return new ScalarNode(scalar.Place, text, ScalarKind.String, scalar.Tag);
        }
        catch (TemplateFault fault)
        {
            sink.Error(scalar.Place, path, fault.Message, fault.Hint);
            return scalar;
        }
    }

    private void ReportUnset(string name, Place place, string path)
    {
        if (reportedUnset.Add(name))
        {
            sink.Warn(place, path, $"the variable {name} is not set and counts as empty", $"set it, or write ${{{name}:-}} if that is meant");
        }
    }
}
