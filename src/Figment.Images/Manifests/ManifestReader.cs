using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Figment.Images.Manifests;

/// <summary>Reads and checks manifests; after it nothing about them is doubtful: required things are there, digests are digests, sizes within limits.</summary>
internal sealed class ManifestReader(string subject, ImageLimits limits)
{
    private const string NextOnCorrupt = "Build or push the image again";

    /// <summary><paramref name="statedType"/> is what the registry or the index said; the document's own word comes first.</summary>
    public ManifestDocument Read(byte[] content, string? statedType)
    {
        var document = Parse(content, ManifestJson.Default.ManifestDocument, "manifest");
        string? type = document.MediaType ?? statedType;
        if (document.SchemaVersion == 1 || MediaTypes.IsSchema1(type))
        {
            throw new ImageException(ImageErrorKind.UnsupportedMedia, subject, "its manifest is Docker's schema 1, out of use since 2017", "Push it again with a current tool");
        }

        if (document.SchemaVersion != 2)
        {
            throw Corrupt($"its manifest has schema version {document.SchemaVersion}");
        }

        if (document.Manifests is not null && document.Layers is not null)
        {
            // One text, two readings: what CVE-2021-41190 was about.
            throw Corrupt("its manifest is an index and an image at once");
        }

        if (document.Manifests is null)
        {
            CheckImage(document, type);
        }
        else if (MediaTypes.IsManifest(type))
        {
            throw Corrupt($"an index is called {type}");
        }

        return document with { MediaType = type };
    }

    /// <summary>Picks the entry of an index for a platform. Entries that name no platform are taken if no other fits: layouts of a single image have those.</summary>
    public BlobDescriptor Choose(ManifestDocument index, ImagePlatform platform)
    {
        var entries = index.Manifests!.OfType<BlobDescriptor>().ToList();
        var chosen = entries.FirstOrDefault(entry => entry.Platform?.ToPlatform() is { } offered && platform.Accepts(offered))
            ?? entries.FirstOrDefault(entry => entry.Platform?.ToPlatform() is null);
        if (chosen is null)
        {
            string offers = string.Join(", ", entries.Select(entry => entry.Platform?.ToPlatform()?.ToString()).Where(offer => offer is not null and not "unknown/unknown").Distinct());
            throw new ImageException(ImageErrorKind.UnsupportedPlatform, subject, $"it has nothing for {platform}, only for {(offers.Length == 0 ? "no platform" : offers)}", "Choose another tag, or another platform");
        }

        CheckBlob(chosen, "an index entry", limits.ManifestBytesMax);
        return chosen;
    }

    public T Parse<T>(ReadOnlySpan<byte> content, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(content, type) ?? throw Corrupt($"its {what} is null");
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            throw new ImageException(ImageErrorKind.Corrupt, subject, $"its {what} is not what it should be ({broken.Message})", NextOnCorrupt, broken);
        }
    }

    public ImageException Corrupt(string why) => new(ImageErrorKind.Corrupt, subject, why, NextOnCorrupt);

    private void CheckImage(ManifestDocument document, string? type)
    {
        if (MediaTypes.IsIndex(type))
        {
            throw Corrupt($"a manifest of one image is called {type}");
        }

        if (document.Config is null || document.Layers is null)
        {
            throw Corrupt("its manifest has no config or no layers");
        }

        if (!MediaTypes.IsConfig(document.Config.MediaType))
        {
            throw new ImageException(ImageErrorKind.UnsupportedMedia, subject, $"it is no image to run but {document.Config.MediaType ?? "something without a type"}", "Name an image");
        }

        CheckBlob(document.Config, "the config", limits.ConfigBytesMax);
        if (document.Layers.Count > limits.LayersMax)
        {
            throw new ImageException(ImageErrorKind.TooLarge, subject, $"it has {document.Layers.Count} layers; the limit is {limits.LayersMax}", "Build it with fewer layers");
        }

        foreach (var layer in document.Layers)
        {
            CheckBlob(layer, "a layer", limits.BlobBytesMax);
            if (!MediaTypes.IsLayer(layer!.MediaType))
            {
                throw new ImageException(ImageErrorKind.UnsupportedMedia, subject, $"layer {layer.Digest} is {layer.MediaType ?? "without a type"}", "Build it with layers of tar, gzip or zstd");
            }
        }
    }

    private void CheckBlob(BlobDescriptor? blob, string what, long bytesMax)
    {
        if (blob is null || !Digests.IsValid(blob.Digest) || blob.Size < 0)
        {
            throw Corrupt($"{what} has no valid digest and size");
        }

        if (blob.Size > bytesMax)
        {
            throw new ImageException(ImageErrorKind.TooLarge, subject, $"{what} ({blob.Digest}) has {blob.Size} bytes; the limit is {bytesMax}", "Use a smaller image");
        }
    }
}
