namespace Figment.Compose;

/// <summary>What the caller of the loader says. Nothing else decides: the loader reads neither the process's environment nor its arguments.</summary>
public sealed record ComposeOptions
{
    /// <summary>Compose files, later ones over earlier ones. Empty: <c>COMPOSE_FILE</c>, else the usual names in the project folder, then in its parents. <c>-</c> is standard input.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>What relative paths in the main files are relative to. Null: the folder of the first file.</summary>
    public string? ProjectDirectory { get; init; }

    /// <summary>Null: <c>COMPOSE_PROJECT_NAME</c>, else the top-level <c>name</c>, else the folder's name.</summary>
    public string? ProjectName { get; init; }

    /// <summary>Active profiles; <c>*</c> is all. Empty: <c>COMPOSE_PROFILES</c>.</summary>
    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>Files of variables for interpolation, later ones over earlier ones. Empty: <c>COMPOSE_ENV_FILES</c>, else <c>.env</c> in the project folder.</summary>
    public IReadOnlyList<string> EnvFiles { get; init; } = [];

    /// <summary>The caller's environment; it wins over the env files.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public CompatibilityMode Compatibility { get; init; }

    /// <summary>If not empty: only these services and what they depend on. A service named here is active whatever its profiles.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];
}
