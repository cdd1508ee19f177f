using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Figment.Conformance.Tests.Compose;

/// <summary>
/// Reads the keys that the scenarios and examples use, so that the native stage starts exactly what Figment is given.
/// It is apart from Figment's own reader on purpose: a fault there must not hide in both modes.
/// </summary>
internal sealed partial class ComposeReader
{
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly Dictionary<string, string> _configs = [];

    private ComposeReader(IReadOnlyDictionary<string, string> environment) => _environment = environment;

    public static IReadOnlyList<ComposeService> Read(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment)
    {
        var reader = new ComposeReader(environment);
        string folder = Path.GetDirectoryName(Path.GetFullPath(files[0]))!;
        var services = new List<ComposeService>();
        foreach (string file in files)
        {
            Dictionary<object, object> root = Load(file);
            foreach ((string name, object config) in Entries(root, "configs"))
            {
                reader._configs[name] = reader.Text(((Dictionary<object, object>)config)["content"]);
            }

            services.AddRange(Entries(root, "services").Select(entry => reader.ReadService(folder, entry.Key, (Dictionary<object, object>)entry.Value)));
        }

        return services;
    }

    private static Dictionary<object, object> Load(string file)
    {
        using StreamReader text = File.OpenText(file);
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(text)))
            ?? throw new InvalidDataException($"{file} is empty");
    }

    private static IEnumerable<KeyValuePair<string, object>> Entries(Dictionary<object, object> map, string key)
        => map.TryGetValue(key, out object? value) && value is Dictionary<object, object> entries
            ? entries.Select(entry => KeyValuePair.Create((string)entry.Key, entry.Value))
            : [];

    private ComposeService ReadService(string folder, string name, Dictionary<object, object> service)
    {
        IEnumerable<ComposeMount> configs = List(service, "configs").Cast<Dictionary<object, object>>().Select(config => new ComposeMount
        {
            Target = (string)config["target"],
            Content = _configs[(string)config["source"]],
            ReadOnly = true,
        });
        IEnumerable<string> published = List(service, "ports").Select(port => Text(port).Split(':')[^1]);
        object? replicas = service.TryGetValue("deploy", out object? deploy) ? ((Dictionary<object, object>)deploy).GetValueOrDefault("replicas") : null;
        return new ComposeService
        {
            Name = name,
            Command = [.. List(service, "command").Select(Text)],
            Environment = [.. Entries(service, "environment").Select(entry => KeyValuePair.Create(entry.Key, Text(entry.Value)))],
            User = Optional(service, "user"),
            WorkingDirectory = Optional(service, "working_dir"),
            Hostname = Optional(service, "hostname"),
            Replicas = replicas is null ? 1 : int.Parse((string)replicas, CultureInfo.InvariantCulture),
            Ports = [.. List(service, "expose").Select(Text), .. published],
            // Outer folders first: a config may stand inside a volume.
            Mounts = [.. List(service, "volumes").Select(volume => ReadMount(folder, Text(volume))).Concat(configs).OrderBy(mount => mount.Target.Length)],
        };
    }

    private static ComposeMount ReadMount(string folder, string text)
    {
        string[] parts = text.Split(':');
        bool isPath = parts[0][0] is '.' or '/';
        return new ComposeMount
        {
            Target = parts[1],
            Path = isPath ? Path.GetFullPath(parts[0], folder) : null,
            Volume = isPath ? null : parts[0],
            ReadOnly = parts is [_, _, "ro"],
        };
    }

    private static IEnumerable<object> List(Dictionary<object, object> map, string key)
        => map.TryGetValue(key, out object? value) ? (List<object>)value : [];

    private string? Optional(Dictionary<object, object> map, string key) => map.TryGetValue(key, out object? value) ? Text(value) : null;

    /// <summary>Interpolates <c>$$</c>, <c>${NAME}</c> and <c>${NAME:-default}</c>.</summary>
    private string Text(object value)
    {
        var text = new StringBuilder();
        string source = (string)value;
        int copied = 0;
        foreach (Match match in Variable().Matches(source))
        {
            text.Append(source, copied, match.Index - copied);
            copied = match.Index + match.Length;
            string name = match.Groups["name"].Value;
            text.Append(name.Length == 0 ? "$"
                : _environment.TryGetValue(name, out string? found) ? found
                : match.Groups["default"] is { Success: true } otherwise ? otherwise.Value
                : throw new InvalidDataException($"the Compose file uses ${{{name}}}, which the test does not set"));
        }

        return text.Append(source, copied, source.Length - copied).ToString();
    }

    [GeneratedRegex(@"\$\$|\$\{(?<name>[A-Z_]+)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Variable();
}
