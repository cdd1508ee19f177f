using Figment.Compose.Files;

namespace Figment.Compose.Projects;

/// <summary>What the files of one project share: the main one, or one that is included.</summary>
internal sealed class ProjectScope(LoadScope load, string directory, IReadOnlyDictionary<string, string> variables)
{
    public LoadScope Load => load;

    /// <summary>Absolute; relative paths of its files start here.</summary>
    public string Directory => directory;

    /// <summary>For interpolation: the caller's environment over the env files.</summary>
    public IReadOnlyDictionary<string, string> Variables => variables;

    public string Resolve(string path) => ComposePath.Resolve(path, directory, variables);
}
