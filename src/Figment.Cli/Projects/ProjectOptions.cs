using System.CommandLine;

namespace Figment.Cli.Projects;

/// <summary>The options of docker compose that say which application: before the verb and, with the same meaning, after it.</summary>
internal sealed class ProjectOptions
{
    private readonly Option<string[]> _files;
    private readonly Option<string?> _name = new("--project-name", "-p") { Description = "Name of the application", HelpName = "NAME" };
    private readonly Option<string[]> _profiles = new("--profile") { Description = "Services of this profile too (may be given again)", HelpName = "NAME" };
    private readonly Option<string[]> _envFiles = new("--env-file") { Description = "File of variables instead of .env (may be given again)", HelpName = "FILE" };
    private readonly Option<string?> _directory = new("--project-directory") { Description = "Folder that relative paths start from", HelpName = "FOLDER" };
    private readonly Option<string?> _compatibility = new("--compat") { Description = "What to do with keys that are not supported: warn, strict or loose", HelpName = "MODE" };

    /// <param name="shortFile">False where <c>-f</c> means something else, as in <c>logs -f</c>.</param>
    public ProjectOptions(bool shortFile)
    {
        _files = new Option<string[]>("--file", shortFile ? ["-f"] : []) { Description = "Compose file (may be given again: the later is merged over the earlier)", HelpName = "FILE" };
        _compatibility.AcceptOnlyFromAmong("warn", "strict", "loose");
    }

    public IReadOnlyList<Option> All => [_files, _name, _profiles, _envFiles, _directory, _compatibility];

    /// <param name="command">Gets all of them.</param>
    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>What was said after the verb counts before what was said in front of it.</summary>
    public ProjectSelection Read(ParseResult parsed, ProjectOptions before)
    {
        var (own, outer) = (Read(parsed), before.Read(parsed));
        return new ProjectSelection
        {
            Files = [.. outer.Files, .. own.Files],
            Name = own.Name ?? outer.Name,
            Profiles = [.. outer.Profiles, .. own.Profiles],
            EnvFiles = [.. outer.EnvFiles, .. own.EnvFiles],
            Directory = own.Directory ?? outer.Directory,
            Compatibility = parsed.GetValue(_compatibility) ?? outer.Compatibility,
        };
    }

    private ProjectSelection Read(ParseResult parsed) => new()
    {
        Files = parsed.GetValue(_files) ?? [],
        Name = parsed.GetValue(_name),
        Profiles = parsed.GetValue(_profiles) ?? [],
        EnvFiles = parsed.GetValue(_envFiles) ?? [],
        Directory = parsed.GetValue(_directory),
        Compatibility = parsed.GetValue(_compatibility) ?? "warn",
    };
}
