using Figment.Compose.Tests.Support;

namespace Figment.Compose.Tests.Fuzzing;

/// <summary>Texts that the fuzzer starts from: the approved applications and what is kept in Corpus/.</summary>
internal static class Corpus
{
    public static IReadOnlyList<(string Name, string Text)> Compose { get; } =
    [
        .. Files("Approved", "*.yaml").Concat(Files("Corpus", "*.yaml")).Select(path => (Path.GetRelativePath(Checkout.Tests, path), File.ReadAllText(path))),
    ];

    public static IReadOnlyList<string> Variables { get; } =
        [.. Files("Approved", "*.env").Concat(Files("Corpus", "*.env")).Select(File.ReadAllText)];

    /// <summary>What is likely to mean something somewhere.</summary>
    public static IReadOnlyList<string> Tokens { get; } =
    [
        "&a ", "*a", "<<: *a", "<<: [*a, *b]", "&a [*a]", "!reset ", "!override ", "!!str ", "!!binary ", "!x ", "{", "}", "[", "]", ": ", "- ", "? ", "| ", "|+\n", ">-\n", "\"", "'",
        "#", "%YAML 1.2\n", "---\n", "...\n", "\t", "\r", "\0", "\uFEFF", "\u2028", "\\", "$", "$$", "${", "${A", "${A:-", "${A:?}", "${A:+$B}", "${A-${B-${C}}}", "~", "null", "true",
        "0x7fffffffffffffff", "99999999999999999999", "-1", "1e999", ".nan", "0777", "1.5g", "1h1h", "65536", "1-65535:1-65535", "[::]:1:1", "0.0.0.0/0", "::/0", "host", "service:web",
        "../../../..", "/", ".", "", "x-a: ", "extends: web", "include: [compose.yaml]", "include: [other.yaml]", "depends_on: [web]", "profiles: [a]", "x-figment: {root: host}", "scale: 1000",
        "services:", "image: a", "build: .", "ports: ", "volumes: ", "networks: ", "secrets: ", "configs: ", "deploy: ", "environment: ", "env_file: .env",
    ];

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.GetFiles(Path.Combine(Checkout.Tests, folder), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal);
}
