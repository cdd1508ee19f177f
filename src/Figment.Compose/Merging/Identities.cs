using Figment.Compose.Yaml;

namespace Figment.Compose.Merging;

/// <summary>What makes two items of a list the same thing, so that the later takes the earlier's place.</summary>
internal static class Identities
{
    public static string OfText(Node item) => item switch
    {
        ScalarNode scalar => scalar.Text,
        MappingNode mapping when mapping.Get("path") is ScalarNode path => path.Text,
        _ => item.Place.ToString(),
    };

    public static string OfPort(Node item)
    {
        if (item is ScalarNode scalar)
        {
            return scalar.Text.Contains('/', StringComparison.Ordinal) ? scalar.Text : scalar.Text + "/tcp";
        }

        var mapping = (MappingNode)item;
        string address = Text(mapping, "host_ip") is { Length: > 0 } ip ? ip + ":" : string.Empty;
        string published = Text(mapping, "published") is { Length: > 0 } port ? port + ":" : string.Empty;
        return $"{address}{published}{Text(mapping, "target")}/{Text(mapping, "protocol") ?? "tcp"}";
    }

    /// <summary>The target; for devices, which have the same short form, too.</summary>
    public static string OfMount(Node item)
    {
        string target = item switch
        {
            ScalarNode scalar when scalar.Text.Split(':') is { Length: > 1 } parts => parts[1],
            ScalarNode scalar => scalar.Text,
            MappingNode mapping => Text(mapping, "target") ?? Text(mapping, "source") ?? item.Place.ToString(),
            _ => item.Place.ToString(),
        };
        return target.Length > 1 ? target.TrimEnd('/') : target;
    }

    public static string OfFile(Node item) => item switch
    {
        ScalarNode scalar => scalar.Text,
        MappingNode mapping => Text(mapping, "target") ?? Text(mapping, "source") ?? item.Place.ToString(),
        _ => item.Place.ToString(),
    };

    private static string? Text(MappingNode mapping, string key) => mapping.Get(key) is ScalarNode { IsNull: false } scalar ? scalar.Text : null;
}
