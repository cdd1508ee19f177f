using Figment.Compose.Diagnostics;
using Figment.Compose.Files;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>Finds the files of the main project as docker compose does.</summary>
/// <param name="Files">Absolute paths; empty if none was found, which has been reported.</param>
/// <param name="Directory">Absolute project folder.</param>
/// <param name="Variables">The caller's environment over the env files.</param>
internal sealed record ProjectFiles(IReadOnlyList<string> Files, string Directory, IReadOnlyDictionary<string, string> Variables)
{
    private static readonly string[] Names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    private static readonly string[] OverrideNames = ["compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml", "docker-compose.override.yml"];

    public static ProjectFiles Find(ComposeOptions options, LoadScope load)
    {
        string current = load.Files.CurrentDirectory;
        IReadOnlyDictionary<string, string> caller = options.Environment;
        string? named = options.ProjectDirectory is null ? null : ComposePath.Resolve(options.ProjectDirectory, current, caller);
        IReadOnlyList<string> files = Resolve(options.Files, current, caller);

        // The first guess of the folder finds the .env that may name COMPOSE_FILE; the files then settle the folder.
        string guess = named ?? (files.Count > 0 ? ComposePath.Folder(files[0], current) : current);
        IReadOnlyDictionary<string, string> variables = ReadVariables(options, load, guess);
        if (files.Count == 0 && variables.GetValueOrDefault("COMPOSE_FILE") is { Length: > 0 } list)
        {
            string separator = variables.GetValueOrDefault("COMPOSE_PATH_SEPARATOR") is { Length: > 0 } given ? given : ":";
            files = Resolve(list.Split(separator, StringSplitOptions.RemoveEmptyEntries), named ?? current, caller);
        }

        if (files.Count == 0)
        {
            files = Search(guess, load);
        }

        string directory = named ?? (files.Count > 0 ? ComposePath.Folder(files[0], current) : current);
        if (directory != guess)
        {
            variables = ReadVariables(options, load, directory);
        }

        return new ProjectFiles(files, directory, variables);
    }

    private static IReadOnlyList<string> Resolve(IEnumerable<string> paths, string directory, IReadOnlyDictionary<string, string> caller) =>
        [.. paths.Select(path => ComposePath.Resolve(path, directory, caller))];

    private static IReadOnlyDictionary<string, string> ReadVariables(ComposeOptions options, LoadScope load, string directory)
    {
        IReadOnlyDictionary<string, string> caller = options.Environment;
        IReadOnlyList<string> files = Resolve(options.EnvFiles, load.Files.CurrentDirectory, caller);
        if (files.Count == 0 && caller.GetValueOrDefault("COMPOSE_ENV_FILES") is { Length: > 0 } list)
        {
            files = Resolve(list.Split(',', StringSplitOptions.RemoveEmptyEntries), load.Files.CurrentDirectory, caller);
        }

        string usual = directory.TrimEnd('/') + "/.env";
        bool disabled = caller.GetValueOrDefault("COMPOSE_DISABLE_ENV_FILE") is "1" or "true";
        if (files.Count == 0 && !disabled && load.Files.Exists(usual))
        {
            files = [usual];
        }

        return VariableFiles.Read(load, files, caller, Place.None, string.Empty);
    }

    private static IReadOnlyList<string> Search(string start, LoadScope load)
    {
        for (string? folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            IReadOnlyList<string> found = Present(folder, Names, load);
            if (found.Count == 0)
            {
                continue;
            }

            IReadOnlyList<string> overrides = Present(folder, OverrideNames, load);
            return overrides.Count == 0 ? [found[0]] : [found[0], overrides[0]];
        }

        load.Sink.Error(Place.None, string.Empty, $"no Compose file in {Quote.Text(load.Files.Display(start))} or a folder above it", $"name one with -f, or call it {Names[0]}");
        return [];
    }

    private static IReadOnlyList<string> Present(string folder, IReadOnlyList<string> names, LoadScope load)
    {
        IReadOnlyList<string> found = [.. names.Select(name => folder.TrimEnd('/') + "/" + name).Where(load.Files.Exists)];
        if (found.Count > 1)
        {
            load.Sink.Warn(new Place(load.Files.Display(found[0]), 0, 0), string.Empty, $"used although {string.Join(" and ", found.Skip(1).Select(load.Files.Display))} is there too");
        }

        return found;
    }
}
