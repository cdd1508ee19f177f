using Figment.Compose.Diagnostics;
using Figment.Compose.Interpolation;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>The application's name: lower-case letters, digits, '-' and '_', beginning with a letter or digit.</summary>
internal static class ProjectName
{
    /// <summary>Names of interfaces, tables and sockets are made of it; socket paths end at 107 bytes.</summary>
    private const int LengthMax = 63;

    private const string Rule = "use lower-case letters, digits, '-' and '_', beginning with a letter or a digit, at most 63";

    /// <summary>Null if there is none, which has been reported.</summary>
    public static string? Choose(ComposeOptions options, LoadScope load, ProjectFiles files, IEnumerable<MappingNode> documents)
    {
        if (options.ProjectName is { Length: > 0 } given)
        {
            return Checked(given, Place.None, "the project name", load.Sink);
        }

        if (files.Variables.GetValueOrDefault("COMPOSE_PROJECT_NAME") is { Length: > 0 } variable)
        {
            return Checked(variable, Place.None, "COMPOSE_PROJECT_NAME", load.Sink);
        }

        if (documents.Select(document => document.Get("name")).OfType<ScalarNode>().LastOrDefault(name => name.Kind == ScalarKind.String) is { } written)
        {
            var interpolation = new TreeInterpolation(files.Variables, load.Text, load.Sink, load.ReportedUnset);
            var expanded = (ScalarNode)interpolation.Apply(written, "name");
            if (expanded.Text.Length > 0)
            {
                return Checked(expanded.Text, written.Place, "the top-level 'name'", load.Sink);
            }
        }

        string folder = Normalise(Path.GetFileName(files.Directory.TrimEnd('/')));
        if (folder.Length == 0)
        {
            load.Sink.Error(Place.None, string.Empty, $"the folder {Quote.Text(files.Directory)} gives no project name", "give one with -p or the top-level 'name'");
            return null;
        }

        return folder;
    }

    private static string Normalise(string name)
    {
        string kept = string.Concat(name.ToLowerInvariant().Where(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '-' or '_')).TrimStart('-', '_');
        return kept.Length > LengthMax ? kept[..LengthMax] : kept;
    }

    private static string? Checked(string name, Place place, string source, DiagnosticSink sink)
    {
        if (Normalise(name) == name)
        {
            return name;
        }

        sink.Error(place, string.Empty, $"{source} {Quote.Text(name)} is not a valid name", Rule);
        return null;
    }
}
