using Figment.Compose.Diagnostics;
using Figment.Compose.Interpolation;
using Figment.Compose.Schema;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>Reads the files of one project, the included ones with them, and merges them into one document in canonical form.</summary>
internal sealed class ProjectLoader
{
    private readonly ProjectScope _project;
    private readonly IReadOnlyList<string> _chain;
    private readonly List<string> _filesRead;
    private readonly Extends _extends;

    /// <param name="project">Folder and variables.</param>
    /// <param name="chain">Files that include one another down to this project.</param>
    /// <param name="filesRead">Gets each Compose file, in the order read.</param>
    public ProjectLoader(ProjectScope project, IReadOnlyList<string> chain, List<string> filesRead)
    {
        _project = project;
        _chain = chain;
        _filesRead = filesRead;
        _extends = new Extends(project);
    }

    private LoadScope Load => _project.Load;

    private DiagnosticSink Sink => _project.Load.Sink;

    /// <summary>The documents of one file as written; mappings only, others are reported.</summary>
    public static IReadOnlyList<MappingNode> Parse(LoadScope load, string path, Place askedAt, string askedPath)
    {
        if (load.Files.ReadCompose(path, askedAt, askedPath) is not { } text)
        {
            return [];
        }

        int before = load.Sink.ErrorCount;
        string display = load.Files.Display(path);
        List<MappingNode> documents = [];
        foreach (Node document in YamlReader.Read(display, text, load.Nodes, load.Sink))
        {
            if (document is MappingNode mapping)
            {
                documents.Add(mapping);
            }
            else if (document is not ScalarNode { IsNull: true })
            {
                load.Sink.Error(document.Place, string.Empty, $"expected a mapping with 'services', found {document.Description}");
            }
        }

        if (documents.Count == 0 && load.Sink.ErrorCount == before)
        {
            load.Sink.Error(new Place(display, 0, 0), string.Empty, "the file is empty", "a Compose file has at least 'services'");
        }

        return documents;
    }

    /// <summary>Null if there was nothing to merge.</summary>
    public MappingNode? Merge(IReadOnlyList<(string Path, IReadOnlyList<MappingNode> Documents)> files)
    {
        MappingNode? merged = null;
        foreach ((string path, IReadOnlyList<MappingNode> documents) in files)
        {
            _filesRead.Add(path);
            foreach (MappingNode document in documents)
            {
                if (Prepare(document) is { } prepared)
                {
                    merged = Add(merged, prepared, path);
                }
            }
        }

        return merged;
    }

    private MappingNode? Prepare(MappingNode document)
    {
        int before = Sink.ErrorCount;
        var interpolation = new TreeInterpolation(_project.Variables, Load.Text, Sink, Load.ReportedUnset);
        var expanded = (MappingNode)interpolation.Apply(document, string.Empty);
        new StructureCheck(Sink).Check(expanded, ComposeSchema.TopLevel, string.Empty);
        if (expanded.Get("services") is MappingNode { Entries.Count: > ComposeLimits.ServicesMax } services)
        {
            Sink.Error(services.Place, "services", $"more than {ComposeLimits.ServicesMax} services");
        }

        return Sink.ErrorCount > before ? null : new RelativePaths(_project.Directory, _project.Variables).InDocument(expanded);
    }

    private MappingNode Add(MappingNode? merged, MappingNode document, string path)
    {
        MappingNode own = document.With("include", null);
        MappingNode? result = merged;
        if (document.Get("include") is SequenceNode includes)
        {
            MappingNode? imported = null;
            foreach ((int index, Node include) in includes.Items.Index())
            {
                imported = Import(imported, own, include, $"include[{index}]", path);
            }

            if (imported is not null)
            {
                result = Load.Merger.Merge(result, imported, ComposeSchema.TopLevel, string.Empty);
            }
        }

        if (own.Get("services") is MappingNode services)
        {
            own = own.With("services", _extends.Apply(new ServiceFile(path, services, result?.Get("services") as MappingNode, Prepared: true)));
        }

        return Load.Merger.Merge(result, own, ComposeSchema.TopLevel, string.Empty);
    }

    private MappingNode? Import(MappingNode? imported, MappingNode own, Node include, string askedPath, string path)
    {
        IReadOnlyList<ScalarNode> paths = Texts(include is MappingNode mapping ? mapping.Get("path") : include);
        if (paths.Count == 0)
        {
            Sink.Error(include.Place, askedPath, "the key 'path' is missing: which file is included?");
            return imported;
        }

        IReadOnlyList<string> files = [.. paths.Select(one => _project.Resolve(one.Text))];
        IReadOnlyList<string> chain = [.. _chain, path];
        foreach ((string file, ScalarNode asked) in files.Zip(paths))
        {
            if (chain.Contains(file))
            {
                Sink.Error(asked.Place, askedPath, $"files include one another in a circle: {string.Join(" -> ", chain.Append(file).Select(Load.Files.Display))}");
                return imported;
            }
        }

        if (chain.Count > ComposeLimits.IncludeDepthMax)
        {
            Sink.Error(include.Place, askedPath, $"more than {ComposeLimits.IncludeDepthMax} files include one another in a chain");
            return imported;
        }

        ProjectScope scope = IncludedScope(include, files[0], askedPath);
        var loader = new ProjectLoader(scope, chain, _filesRead);
        MappingNode? theirs = loader.Merge([.. files.Zip(paths, (file, asked) => (file, Parse(Load, file, asked.Place, askedPath)))]);
        return theirs is null ? imported : Unite(imported, own, theirs, include);
    }

    private ProjectScope IncludedScope(Node include, string firstFile, string askedPath)
    {
        var mapping = include as MappingNode;
        string directory = mapping?.Get("project_directory") is ScalarNode { IsNull: false } named
            ? _project.Resolve(named.Text)
            : Files.ComposePath.Folder(firstFile, Load.Files.CurrentDirectory);
        List<string> files = [.. Texts(mapping?.Get("env_file")).Where(one => one.Text.Length > 0).Select(one => _project.Resolve(one.Text))];
        if (files.Count == 0 && Load.Files.Exists(directory.TrimEnd('/') + "/.env"))
        {
            files.Add(directory.TrimEnd('/') + "/.env");
        }

        return new ProjectScope(Load, directory, VariableFiles.Read(Load, files, _project.Variables, include.Place, askedPath));
    }

    /// <summary>Adds what an included project has. The same name with another meaning is an error: including is not overriding.</summary>
    private MappingNode Unite(MappingNode? imported, MappingNode own, MappingNode theirs, Node include)
    {
        MappingNode result = imported ?? new MappingNode(theirs.Place, []);
        foreach (MappingEntry section in theirs.Entries.Where(section => section.Key is "services" or "networks" or "volumes" or "configs" or "secrets"))
        {
            if (section.Value is not MappingNode resources)
            {
                continue;
            }

            MappingNode united = result.Get(section.Key) as MappingNode ?? new MappingNode(section.Value.Place, []);
            List<MappingEntry> entries = [.. united.Entries];
            foreach (MappingEntry resource in resources.Entries)
            {
                Node? before = united.Get(resource.Key);
                MappingEntry? mine = null;
                (own.Get(section.Key) as MappingNode)?.TryGet(resource.Key, out mine);
                if (before is null)
                {
                    entries.Add(resource);
                }

                if ((before ?? mine?.Value) is { } other && !NodeEquality.Same(other, resource.Value))
                {
                    Place place = before is null ? mine!.KeyPlace : include.Place;
                    Sink.Error(place, $"{section.Key}.{resource.Key}", $"conflicts with the one included from {resource.KeyPlace.File}:{resource.KeyPlace.Line}", "rename one of them, or override the included one by listing both files in one 'path'");
                }
            }

            result = result.With(section.Key, new MappingNode(section.Value.Place, entries));
        }

        return result;
    }

    private static IReadOnlyList<ScalarNode> Texts(Node? node) => node switch
    {
        SequenceNode list => [.. list.Items.OfType<ScalarNode>()],
        ScalarNode { IsNull: false } scalar => [scalar],
        _ => [],
    };
}
