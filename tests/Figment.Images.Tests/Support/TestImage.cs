using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Figment.Images.Tests.Support;

/// <summary>An image made of given layers: its blobs by digest, for layouts and for the registry of faults.</summary>
internal sealed class TestImage
{
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar";

    private readonly List<(byte[] Stored, byte[] Tar, string Type)> _layers = [];

    public Dictionary<string, byte[]> Blobs { get; } = [];

    public string Architecture { get; init; } = ImagePlatform.Host.Architecture;

    public JsonObject Run { get; init; } = [];

    public byte[] Config { get; private set; } = [];

    public byte[] Manifest { get; private set; } = [];

    public string Id => Digest(Config);

    public string ManifestDigest => Digest(Manifest);

    public IReadOnlyList<string> LayerDigests => [.. _layers.Select(layer => Digest(layer.Stored))];

    public static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public static TestImage Of(params byte[][] layers)
    {
        var image = new TestImage();
        foreach (byte[] layer in layers)
        {
            image.Add(layer, layer, "");
        }

        return image.Finish();
    }

    /// <summary>A layer stored in another form than its tar.</summary>
    public TestImage Add(byte[] stored, byte[] tar, string suffix)
    {
        _layers.Add((stored, tar, LayerType + suffix));
        return this;
    }

    public TestImage Finish()
    {
        Config = Encode(new JsonObject
        {
            ["architecture"] = Architecture,
            ["os"] = "linux",
            ["config"] = Run.DeepClone(),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = Array(_layers.Select(layer => (JsonNode)Digest(layer.Tar))) },
        });
        Manifest = Encode(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor(ConfigType, Config),
            ["layers"] = Array(_layers.Select(layer => (JsonNode)Descriptor(layer.Type, layer.Stored))),
        });
        Blobs[Id] = Config;
        Blobs[ManifestDigest] = Manifest;
        foreach (var (stored, _, _) in _layers)
        {
            Blobs[Digest(stored)] = stored;
        }

        return this;
    }

    /// <summary>Changes the configuration or manifest, and what names it, so that digests are right and content is wrong.</summary>
    public void Replace(string digest, byte[] content)
    {
        Blobs.Remove(digest);
        Blobs[Digest(content)] = content;
        if (digest == ManifestDigest)
        {
            Manifest = content;
            return;
        }

        Blobs.Remove(ManifestDigest);
        var manifest = JsonNode.Parse(Manifest)!;
        manifest["config"]!["digest"] = Digest(content);
        Config = content;
        Manifest = Encode(manifest);
        Blobs[ManifestDigest] = Manifest;
    }

    public static JsonObject Descriptor(string type, byte[] content) =>
        new() { ["mediaType"] = type, ["digest"] = Digest(content), ["size"] = content.Length };

    /// <summary>Writes an OCI layout.</summary>
    public string WriteLayout(string folder, string tag = "latest")
    {
        string blobs = Directory.CreateDirectory(Path.Combine(folder, "blobs", "sha256")).FullName;
        foreach (var (digest, content) in Blobs)
        {
            File.WriteAllBytes(Path.Combine(blobs, digest[7..]), content);
        }

        var entry = Descriptor(ManifestType, Manifest);
        entry["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        File.WriteAllText(Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllBytes(Path.Combine(folder, "index.json"), Encode(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = Array([entry]) }));
        return folder;
    }

    public static byte[] Encode(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    public static JsonArray Array(IEnumerable<JsonNode> nodes) => new([.. nodes]);
}
