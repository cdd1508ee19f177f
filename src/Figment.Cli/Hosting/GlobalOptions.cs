using System.CommandLine;
using Figment.Cli.Projects;

namespace Figment.Cli.Hosting;

/// <summary>Options that stand before the verb, or anywhere.</summary>
internal sealed class GlobalOptions
{
    /// <summary>Before the verb, as docker compose has them; verbs that read Compose files take them too.</summary>
    public ProjectOptions Project { get; } = new(shortFile: true);

    public Option<bool> NoColor { get; } = new("--no-color") { Description = "No colours, as the variable NO_COLOR asks", Recursive = true };

    public Option<bool> Debug { get; } = new("--debug") { Description = "Show where an error came from", Recursive = true };
}
