using Figment.Compose.Files;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>Makes the paths of one file absolute before it is merged with files from other folders.</summary>
internal sealed class RelativePaths(string directory, IReadOnlyDictionary<string, string> variables)
{
    /// <summary>A whole document that passed the structure check.</summary>
    public MappingNode InDocument(MappingNode document)
    {
        MappingNode result = document;
        if (document.Get("services") is MappingNode services)
        {
            result = result.With("services", services.Map(entry => entry.Value is MappingNode service ? InService(service) : entry.Value));
        }

        foreach (string section in (string[])["configs", "secrets"])
        {
            if (document.Get(section) is MappingNode files)
            {
                result = result.With(section, files.Map(entry => entry.Value is MappingNode file ? Change(file, "file", Path) : entry.Value));
            }
        }

        return result;
    }

    public MappingNode InService(MappingNode service)
    {
        MappingNode result = Change(service, "build", Build);
        result = Change(result, "env_file", value => Each(value, item => item is MappingNode file ? Change(file, "path", Path) : Path(item)));
        result = Change(result, "label_file", value => Each(value, Path));
        result = Change(result, "volumes", value => Each(value, Volume));
        return Change(result, "extends", value => value is MappingNode extends ? Change(extends, "file", Path) : value);
    }

    /// <summary>True for a source that is a folder or file of the node, as Compose tells it from a volume's name.</summary>
    public static bool IsBindSource(string source) => source.StartsWith('.') || source.StartsWith('/') || source.StartsWith('~');

    /// <summary>True for a build context that is not a folder of the node.</summary>
    public static bool IsRemoteContext(string context) =>
        context.Contains("://", StringComparison.Ordinal) || context.StartsWith("git@", StringComparison.Ordinal) || context.StartsWith("github.com/", StringComparison.Ordinal);

    private static MappingNode Change(MappingNode mapping, string key, Func<Node, Node> change) =>
        mapping.Get(key) is { } value ? mapping.With(key, change(value)) : mapping;

    private static Node Each(Node value, Func<Node, Node> change) =>
        value is SequenceNode list ? new SequenceNode(list.Place, [.. list.Items.Select(change)], list.Tag) : value is ScalarNode ? change(value) : value;

    private Node Build(Node build) => build is MappingNode mapping ? Change(mapping, "context", Context) : Context(build);

    private Node Context(Node context) => context is ScalarNode scalar && IsRemoteContext(scalar.Text) ? context : Path(context);

    private Node Volume(Node volume)
    {
        if (volume is MappingNode mapping)
        {
            return mapping.Get("type") is ScalarNode { Text: "bind" } ? Change(mapping, "source", Path) : mapping;
        }

        if (volume is not ScalarNode scalar)
        {
            return volume;
        }

        int colon = scalar.Text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !IsBindSource(scalar.Text[..colon]))
        {
            return volume;
        }

        return new ScalarNode(scalar.Place, Absolute(scalar.Text[..colon]) + scalar.Text[colon..], ScalarKind.String, scalar.Tag);
    }

    private Node Path(Node path) =>
        path is ScalarNode { IsNull: false, Text.Length: > 0 } scalar ? new ScalarNode(scalar.Place, Absolute(scalar.Text), ScalarKind.String, scalar.Tag) : path;

    private string Absolute(string path) => ComposePath.Resolve(path, directory, variables);
}
