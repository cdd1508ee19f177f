using Figment.Compose.Diagnostics;
using Figment.Compose.Variables;
using Figment.Compose.Yaml;

namespace Figment.Compose.Reading;

/// <summary><c>env_file</c>, <c>environment</c> and <c>label_file</c>.</summary>
internal sealed class EnvironmentReader(ReadScope scope, Section service)
{
    /// <summary>Files first, then what the service says itself; each name once, where it first stood.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Read()
    {
        OrderedDictionary<string, string?> result = new(StringComparer.Ordinal);
        foreach ((Node node, string path) in service.Items("env_file"))
        {
            Section? file = node is MappingNode mapping ? new Section(mapping, path, service.Sink) : null;
            ScalarNode? name = node as ScalarNode ?? file!.Scalar("path");
            bool raw = file?.Choice("format", ("raw", true)) ?? false;
            if (name is null)
            {
                service.Sink.Error(node.Place, path, "the key 'path' is missing: which file?");
            }
            else if (file?.Flag("required") != false || scope.Project.Load.Files.Exists(name.Text))
            {
                foreach ((string key, string value) in ReadFile(name, path, raw))
                {
                    result[key] = value;
                }
            }
        }

        foreach ((string key, string? value) in Own(service))
        {
            result[key] = value;
        }

        return [.. result];
    }

    /// <summary>An <c>environment</c> in canonical form; names without a value take the caller's, or none.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Own(Section section)
    {
        List<KeyValuePair<string, string?>> result = [];
        foreach (MappingEntry entry in section.Child("environment")?.Entries ?? [])
        {
            if (entry.Key.Length == 0 || entry.Key.Contains('=', StringComparison.Ordinal) || entry.Key.Contains('\0', StringComparison.Ordinal))
            {
                section.Sink.Error(entry.KeyPlace, section.PathOf("environment"), $"a variable's name has at least one character and no '=', found {Quote.Text(entry.Key)}");
                continue;
            }

            var value = (ScalarNode)entry.Value;
            result.Add(KeyValuePair.Create(entry.Key, value.IsNull ? scope.Project.Variables.GetValueOrDefault(entry.Key) : value.Text));
        }

        return result;
    }

    /// <summary>Files first, then <c>labels</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels()
    {
        OrderedDictionary<string, string> result = new(StringComparer.Ordinal);
        foreach ((Node node, string path) in service.Items("label_file"))
        {
            foreach ((string key, string value) in ReadFile((ScalarNode)node, path, raw: false))
            {
                result[key] = value;
            }
        }

        foreach ((string key, string value) in service.Pairs("labels"))
        {
            result[key] = value;
        }

        return [.. result];
    }

    private IReadOnlyList<KeyValuePair<string, string>> ReadFile(ScalarNode name, string path, bool raw)
    {
        if (scope.Project.Load.Files.ReadVariables(name.Text, name.Place, path) is not { } text)
        {
            return [];
        }

        string display = scope.Project.Load.Files.Display(name.Text);
        return raw
            ? DotEnv.ReadRaw(display, text, service.Sink)
            : DotEnv.Read(display, text, variable => scope.Project.Variables.GetValueOrDefault(variable), scope.Project.Load.Text, service.Sink);
    }
}
