using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>A service's <c>configs</c> and <c>secrets</c>.</summary>
internal static class FileMountReader
{
    /// <param name="scope">The load.</param>
    /// <param name="service">The service.</param>
    /// <param name="key"><c>configs</c> or <c>secrets</c>.</param>
    /// <param name="folder">Where relative and default targets lie.</param>
    public static IReadOnlyList<FileMountSpec> Read(ReadScope scope, Section service, string key, string folder)
    {
        List<FileMountSpec> mounts = [];
        foreach ((Node node, string path) in service.Items(key))
        {
            Section? file = node is MappingNode mapping ? new Section(mapping, path, service.Sink) : null;
            ScalarNode? source = node as ScalarNode ?? file!.Scalar("source");
            if (source is null)
            {
                service.Sink.Error(node.Place, path, "the key 'source' is missing: which one is meant?");
            }
            else if (!scope.Declares(key, source.Text))
            {
                service.Sink.Error(source.Place, path, $"there is no {key.TrimEnd('s')} {Quote.Text(source.Text)} under the top-level '{key}'", Suggestion.For(source.Text, scope.Declared(key)));
            }
            else
            {
                string target = (file?.Text("target") ?? source.Text).Replace('\0', '\uFFFD');
                mounts.Add(new FileMountSpec
                {
                    Source = source.Text,
                    Target = Path.GetFullPath(target.StartsWith('/') ? target : $"{folder}/{target}"),
                    Uid = file?.Text("uid"),
                    Gid = file?.Text("gid"),
                    Mode = file?.Mode("mode"),
                });
            }
        }

        return mounts;
    }
}
