using Figment.Compose.Projects;
using Figment.Compose.Yaml;

namespace Figment.Compose.Reading;

/// <summary>What all readers of one load share.</summary>
internal sealed class ReadScope(ProjectScope project, string application, MappingNode document)
{
    public ProjectScope Project => project;

    public string Application => application;

    /// <summary>The merged document.</summary>
    public MappingNode Document => document;

    /// <summary>A section of the top level; empty if there is none.</summary>
    public Section TopLevel(string name) =>
        new(document.Get(name) as MappingNode ?? new MappingNode(document.Place, []), name, project.Load.Sink);

    public bool Declares(string section, string key) => (document.Get(section) as MappingNode)?.Get(key) is not null;

    public IEnumerable<string> Declared(string section) => (document.Get(section) as MappingNode)?.Entries.Select(entry => entry.Key) ?? [];
}
