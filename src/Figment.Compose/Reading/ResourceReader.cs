using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>The top-level <c>volumes</c>, <c>configs</c> and <c>secrets</c>.</summary>
internal static class ResourceReader
{
    public static VolumeSpec Volume(ReadScope scope, string key, Section volume)
    {
        (bool external, string? externalName) = External(volume);
        if (volume.Text("driver") is { } driver and not ("local" or "default"))
        {
            volume.Unsupported(volume.Scalar("driver")!, "driver", $"the driver {Quote.Text(driver)} {volume.Sink.IsIgnored}: volumes are folders of the node");
        }

        string name = volume.Text("name") ?? externalName ?? (external ? key : $"{scope.Application}_{key}");
        if (!IsName(name))
        {
            volume.Sink.Error((volume.Scalar("name") ?? (Node)volume.Mapping).Place, volume.Path, $"expected a volume's name of letters, digits, '_', '.' and '-', found {Quote.Text(name)}");
        }

        return new VolumeSpec { Key = key, Name = name, External = external, DriverOptions = volume.Pairs("driver_opts"), Labels = volume.Pairs("labels") };
    }

    /// <param name="scope">The load.</param>
    /// <param name="key">Its name.</param>
    /// <param name="file">Its mapping.</param>
    /// <param name="secret">Secrets have no inline content: it would stand in the file for all to read.</param>
    public static FileSpec File(ReadScope scope, string key, Section file, bool secret)
    {
        (bool external, _) = External(file);
        string kind = secret ? "secret" : "config";
        string[] sources = secret ? ["file", "environment"] : ["file", "environment", "content"];
        IReadOnlyList<string> given = [.. sources.Where(source => source == "content" ? file.Has(source) : file.Text(source) is not null)];
        if (given.Count + (external ? 1 : 0) != 1)
        {
            file.Sink.Error(file.Mapping.Place, file.Path, $"a {kind} has exactly one of {string.Join(", ", sources)} and external", given.Count == 0 ? "add one of them" : "leave all but one out");
        }

        string? content = secret ? null : file.Scalar("content")?.Text;
        if (file.Text("environment") is { } variable)
        {
            content = scope.Project.Variables.GetValueOrDefault(variable);
            if (content is null)
            {
                file.Error(file.Scalar("environment")!, "environment", $"the variable {Quote.Text(variable)} that holds the {kind} is not set");
            }
        }

        return new FileSpec { Name = key, File = file.Text("file"), Content = content, External = external };
    }

    private static (bool External, string? Name) External(Section section) =>
        section.Child("external") is { } mapping ? (true, mapping.Text("name")) : (section.Flag("external") ?? false, null);

    private static bool IsName(string name) =>
        name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-');
}
