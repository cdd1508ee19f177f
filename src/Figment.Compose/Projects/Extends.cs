using Figment.Compose.Diagnostics;
using Figment.Compose.Files;
using Figment.Compose.Interpolation;
using Figment.Compose.Schema;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>Replaces <c>extends</c> by what it stands for: the other service, with this one over it.</summary>
internal sealed class Extends(ProjectScope project)
{
    private readonly Dictionary<string, ServiceFile?> _files = new(StringComparer.Ordinal);

    private DiagnosticSink Sink => project.Load.Sink;

    /// <summary>The services of a document with nothing left that extends. Those that cannot be extended stay as they are, reported.</summary>
    public MappingNode Apply(ServiceFile file) =>
        file.Services!.Map(entry => entry.Value is MappingNode service && entry.Value.Tag != NodeTag.Reset ? Extended(entry.Key, service, file, []) : entry.Value);

    private MappingNode Extended(string name, MappingNode service, ServiceFile file, IReadOnlyList<(string File, string Service)> chain)
    {
        if (file.Done.TryGetValue(name, out MappingNode? done))
        {
            return done;
        }

        if (!service.TryGet("extends", out MappingEntry? extends) || extends.Value is ScalarNode { IsNull: true } || extends.Value.Tag == NodeTag.Reset)
        {
            return service;
        }

        string path = $"services.{name}.extends";
        IReadOnlyList<(string File, string Service)> longer = [.. chain, (file.Path, name)];
        MappingNode own = service.With("extends", null);
        if (chain.Contains((file.Path, name)))
        {
            Sink.Error(extends.KeyPlace, path, $"services extend one another in a circle: {string.Join(" -> ", longer.Select(link => link.Service))}");
            return own;
        }

        if (longer.Count > ComposeLimits.ExtendsDepthMax)
        {
            Sink.Error(extends.KeyPlace, path, $"more than {ComposeLimits.ExtendsDepthMax} services extend one another in a chain");
            return own;
        }

        MappingNode? below = Base(extends.Value, path, file, longer);
        if (below is not null && !project.Load.Nodes.Take(below.Size))
        {
            Sink.Error(extends.KeyPlace, path, $"more than {ComposeLimits.NodesMax} values with all extended services written out");
            return own;
        }

        MappingNode result = below is null
            ? own
            : WithTag(project.Load.Merger.Merge(project.Load.Merger.Merge(null, below, ServiceSchema.Shape, path), own, ServiceSchema.Shape, $"services.{name}"), service.Tag);
        if (chain.Count == 0 || below is not null)
        {
            file.Done[name] = result;
        }

        return result;
    }

    private MappingNode? Base(Node extends, string path, ServiceFile file, IReadOnlyList<(string File, string Service)> chain)
    {
        ScalarNode? name = extends as ScalarNode;
        ServiceFile? other = file;
        if (extends is MappingNode mapping)
        {
            name = mapping.Get("service") as ScalarNode;
            if (mapping.Get("file") is ScalarNode otherFile && otherFile.Text != file.Path)
            {
                other = Open(otherFile, $"{path}.file");
            }
        }

        if (name is null || name.Text.Length == 0)
        {
            Sink.Error(extends.Place, path, "the key 'service' is missing: which service is extended?");
            return null;
        }

        if (other is null)
        {
            return null;
        }

        if (other.Services?.Get(name.Text) is MappingNode found)
        {
            return Extended(name.Text, Prepare(other, name.Text, found), other, chain);
        }

        if (other.Fallback?.Get(name.Text) is MappingNode earlier)
        {
            return earlier;
        }

        Sink.Error(name.Place, path, $"there is no service {Quote.Text(name.Text)} in {project.Load.Files.Display(other.Path)}", Suggestion.For(name.Text, other.Services?.Entries.Select(entry => entry.Key) ?? []));
        return null;
    }

    private MappingNode Prepare(ServiceFile file, string name, MappingNode service)
    {
        if (file.Prepared)
        {
            return service;
        }

        if (file.PreparedServices.TryGetValue(name, out MappingNode? prepared))
        {
            return prepared;
        }

        int before = Sink.ErrorCount;
        string path = $"services.{name}";
        var interpolation = new TreeInterpolation(project.Variables, project.Load.Text, Sink, project.Load.ReportedUnset);
        var expanded = (MappingNode)interpolation.Apply(service, path);
        new StructureCheck(Sink).Check(expanded, ServiceSchema.Shape, path);
        string folder = ComposePath.Folder(file.Path, project.Load.Files.CurrentDirectory);
        prepared = Sink.ErrorCount > before ? new MappingNode(service.Place, []) : new RelativePaths(folder, project.Variables).InService(expanded);
        file.PreparedServices.Add(name, prepared);
        return prepared;
    }

    private ServiceFile? Open(ScalarNode path, string askedPath)
    {
        if (_files.TryGetValue(path.Text, out ServiceFile? known))
        {
            return known;
        }

        ServiceFile? file = null;
        if (project.Load.Files.ReadCompose(path.Text, path.Place, askedPath) is { } text)
        {
            string display = project.Load.Files.Display(path.Text);
            foreach (Node document in YamlReader.Read(display, text, project.Load.Nodes, Sink))
            {
                if (document is MappingNode mapping && mapping.Get("services") is MappingNode services)
                {
                    file ??= new ServiceFile(path.Text, services, null, Prepared: false);
                }
            }

            if (file is null)
            {
                Sink.Error(path.Place, askedPath, $"{Quote.Text(display)} has no services");
            }
        }

        _files.Add(path.Text, file);
        return file;
    }

    private static MappingNode WithTag(MappingNode mapping, NodeTag tag) => tag == NodeTag.None ? mapping : new MappingNode(mapping.Place, mapping.Entries, tag);
}
