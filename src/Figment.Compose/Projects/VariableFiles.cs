using Figment.Compose.Variables;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>The variables that interpolation sees.</summary>
internal static class VariableFiles
{
    /// <summary>Lays <paramref name="outer"/> over the files, and later files over earlier ones.</summary>
    /// <param name="load">The load.</param>
    /// <param name="files">Absolute paths.</param>
    /// <param name="outer">Wins over all files.</param>
    /// <param name="askedAt">Where the files were asked for.</param>
    /// <param name="askedPath">The same in the document.</param>
    public static Dictionary<string, string> Read(LoadScope load, IEnumerable<string> files, IReadOnlyDictionary<string, string> outer, Place askedAt, string askedPath)
    {
        Dictionary<string, string> fromFiles = new(StringComparer.Ordinal);
        foreach (string file in files)
        {
            if (load.Files.ReadVariables(file, askedAt, askedPath) is { } text)
            {
                foreach ((string name, string value) in DotEnv.Read(load.Files.Display(file), text, name => outer.GetValueOrDefault(name) ?? fromFiles.GetValueOrDefault(name), load.Text, load.Sink))
                {
                    fromFiles[name] = value;
                }
            }
        }

        foreach ((string name, string value) in outer)
        {
            fromFiles[name] = value;
        }

        return fromFiles;
    }
}
