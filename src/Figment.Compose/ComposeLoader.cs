using Figment.Compose.Diagnostics;
using Figment.Compose.Files;
using Figment.Compose.Projects;
using Figment.Compose.Reading;
using Figment.Compose.Rendering;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose;

/// <summary>Compose files in, an application out. Thread-safe: nothing is kept between calls.</summary>
public static class ComposeLoader
{
    /// <summary>Loads from the real files. Never throws for what files hold: everything wrong is in the diagnostics.</summary>
    public static ComposeResult Load(ComposeOptions options) => Load(options, new DiskFiles());

    public static ComposeResult Load(ComposeOptions options, IComposeFiles files)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(files);
        var sink = new DiagnosticSink(options.Compatibility);
        ApplicationSpec? application = Load(options, new LoadScope(files, sink));
        return new ComposeResult { Application = sink.HasErrors ? null : application, Diagnostics = sink.Ordered() };
    }

    /// <summary>Canonical YAML of an application: loading it again gives the same application. The content of secrets is never in it.</summary>
    public static string Render(ApplicationSpec application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return ApplicationRenderer.Render(application);
    }

    private static ApplicationSpec? Load(ComposeOptions options, LoadScope load)
    {
        ProjectFiles found = ProjectFiles.Find(options, load);
        if (found.Files.Count == 0)
        {
            return null;
        }

        IReadOnlyList<(string Path, IReadOnlyList<MappingNode> Documents)> files =
            [.. found.Files.Select(path => (path, ProjectLoader.Parse(load, path, Place.None, string.Empty)))];
        string? name = ProjectName.Choose(options, load, found, files.SelectMany(file => file.Documents));
        if (name is null)
        {
            return null;
        }

        Dictionary<string, string> variables = new(found.Variables, StringComparer.Ordinal) { ["COMPOSE_PROJECT_NAME"] = name };
        var project = new ProjectScope(load, found.Directory, variables);
        List<string> filesRead = [];
        MappingNode? document = new ProjectLoader(project, [], filesRead).Merge(files);
        if (document is null || load.Sink.HasErrors)
        {
            return null;
        }

        if (document.Get("services") is not MappingNode { Entries.Count: > 0 and var count } services)
        {
            load.Sink.Error(new Place(load.Files.Display(found.Files[0]), 0, 0), string.Empty, "there are no services", "a Compose file has at least one under 'services'");
            return null;
        }

        if (count > ComposeLimits.ServicesMax)
        {
            load.Sink.Error(services.Place, "services", $"more than {ComposeLimits.ServicesMax} services");
            return null;
        }

        IReadOnlyList<string> profiles = options.Profiles.Count > 0
            ? options.Profiles
            : (variables.GetValueOrDefault("COMPOSE_PROFILES") ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IReadOnlySet<string> active = new ServiceSelection(services, load.Sink).Select(profiles, options.Services);
        return new ApplicationReader(new ReadScope(project, name, document), active).Read(filesRead);
    }
}
