using Figment.Cli.Hosting;
using Figment.Compose;
using Figment.Model.Specs;

namespace Figment.Cli.Projects;

/// <summary>Reads the Compose files that the user means. All use of Figment.Compose stands here.</summary>
internal sealed class ComposeFiles(CliContext context)
{
    /// <summary>In the order of preference that the Compose Specification gives.</summary>
    private static readonly string[] Names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

    /// <summary>Is there something to read without <c>-f</c>: named by <c>COMPOSE_FILE</c>, in the working directory or above it?</summary>
    public bool Exists()
    {
        if (context.Variable("COMPOSE_FILE") is not null)
        {
            return true;
        }

        for (string? folder = context.WorkingDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (In(folder) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><paramref name="path"/> as <c>up examples/guestbook</c> means it: a Compose file or a folder that has one.</summary>
    public ProjectSelection Select(ProjectSelection selection, string path)
    {
        string full = Path.GetFullPath(path, context.WorkingDirectory);
        if (File.Exists(full))
        {
            return selection with { Files = [.. selection.Files, full] };
        }

        if (!Directory.Exists(full))
        {
            throw new CliException($"cannot read {path}: there is no such file or folder", "figment up --help", ExitCodes.NotFound);
        }

        if (In(full) is null)
        {
            throw new CliException($"cannot bring up {path}: the folder has no {string.Join(", ", Names)}", exitCode: ExitCodes.NotFound);
        }

        return selection with { Directory = selection.Directory ?? full };
    }

    /// <summary>Does the user mean a file or folder by this word, or a service?</summary>
    public bool IsPath(string word, ProjectSelection selection)
    {
        if (word is "." or ".." || word.Contains('/', StringComparison.Ordinal) || word.EndsWith(".yaml", StringComparison.Ordinal) || word.EndsWith(".yml", StringComparison.Ordinal))
        {
            return true;
        }

        // Without any Compose file of its own the word can only be a path.
        return selection.Files.Count == 0 && selection.Directory is null && !Exists() && Path.Exists(Path.GetFullPath(word, context.WorkingDirectory));
    }

    /// <summary>The application resolved. Warnings go to stderr.</summary>
    /// <exception cref="CliException">The files have errors; each was told with its place.</exception>
    public ApplicationSpec Load(ProjectSelection selection, IReadOnlyList<string> services)
    {
        if (selection.Files.Count == 0 && selection.Directory is null && !Exists())
        {
            throw new CliException(
                $"cannot find a Compose file: neither {context.WorkingDirectory} nor a folder above it has a {Names[0]}", "figment up FOLDER, or figment -f FILE up", ExitCodes.NotFound);
        }

        var result = ComposeLoader.Load(new ComposeOptions
        {
            Files = [.. selection.Files.Select(file => file == "-" ? file : Path.GetFullPath(file, context.WorkingDirectory))],
            ProjectDirectory = selection.Directory is { } folder ? Path.GetFullPath(folder, context.WorkingDirectory) : selection.Files.Count == 0 ? context.WorkingDirectory : null,
            ProjectName = selection.Name,
            Profiles = selection.Profiles,
            EnvFiles = [.. selection.EnvFiles.Select(file => Path.GetFullPath(file, context.WorkingDirectory))],
            Environment = context.Environment,
            Compatibility = selection.Compatibility switch
            {
                "strict" => CompatibilityMode.Strict,
                "loose" => CompatibilityMode.Loose,
                _ => CompatibilityMode.Warn,
            },
            Services = services,
        });
        foreach (var diagnostic in result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Warning))
        {
            context.Error.WriteLine(diagnostic.ToString());
        }

        string[] errors = [.. result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString())];
        return errors.Length == 0 && result.Application is { } application
            ? application
            : throw new CliException("cannot use the Compose files:\n" + string.Join('\n', errors.Select(error => "  " + error)), "figment config, after mending them");
    }

    /// <summary>Canonical YAML.</summary>
    public static string Render(ApplicationSpec application) => ComposeLoader.Render(application);

    private static string? In(string folder) => Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
