using System.Globalization;

namespace Figment.Migration.Images;

/// <summary>What the processes of a dump have mapped.</summary>
internal static class MappingImages
{
    /// <exception cref="ImageException">The image is damaged.</exception>
    public static IReadOnlyList<ImagedMapping> Of(string images, int process)
    {
        string path = Path.Combine(images, string.Create(CultureInfo.InvariantCulture, $"mm-{process}.img"));
        var image = ImageFile.Load(path, ImageKind.Memory);
        var found = image.Count == 1 ? image.Read(0, MemoryEntry.Parser).Mappings.Select(mapping => new ImagedMapping(new(mapping.Start, mapping.End), mapping.Flags, mapping.Status, mapping.Advice)).ToList() : throw new ImageException(path, 0, $"it has {image.Count} messages, not 1");
        ulong end = 0;
        foreach (var range in found.Select(mapping => mapping.Range))
        {
            if (range.Start < end || range.End <= range.Start)
            {
                throw new ImageException(path, 0, string.Create(CultureInfo.InvariantCulture, $"a mapping from {range.Start:x} to {range.End:x} behind {end:x} cannot be"));
            }

            end = range.End;
        }

        return found;
    }

    /// <summary>What a process is called.</summary>
    public static string Command(string images, int process) =>
        ImageFile.Load(Path.Combine(images, string.Create(CultureInfo.InvariantCulture, $"core-{process}.img")), ImageKind.Core).Read(0, CoreState.Parser).Task?.Command ?? "";
}
