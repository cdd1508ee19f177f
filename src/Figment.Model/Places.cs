namespace Figment.Model;

/// <summary>Where things are on a node. Set by environment for a second node on one machine (tests, trials).</summary>
public sealed record Places
{
    /// <summary><c>FIGMENT_RUNTIME_DIR</c>: sockets, pinned namespaces, launch files; gone after a reboot.</summary>
    public required string RuntimeDirectory { get; init; }

    /// <summary><c>FIGMENT_STATE_DIR</c>: journal, images, snapshots, overlays, volumes, logs.</summary>
    public required string StateDirectory { get; init; }

    public string ApiSocket => Path.Combine(RuntimeDirectory, "figment.sock");

    public string Journal => Path.Combine(StateDirectory, "journal.db");

    public string Images => Path.Combine(StateDirectory, "images");

    public string Snapshots => Path.Combine(StateDirectory, "snapshots");

    /// <summary>Snapshots on their way between a machine and the store.</summary>
    public string Taken => Path.Combine(StateDirectory, "taken");

    /// <summary>Machines on their way between nodes, a folder each.</summary>
    public string Moves => Path.Combine(StateDirectory, "moves");

    /// <summary>By what the node is known to others, and which they are.</summary>
    public string Cluster => Path.Combine(StateDirectory, "cluster");

    public string Volumes => Path.Combine(StateDirectory, "volumes");

    public string ApplicationRuntime(string application) => Path.Combine(RuntimeDirectory, "apps", application);

    /// <summary>Configs and secrets.</summary>
    public string ApplicationFiles(string application) => Path.Combine(ApplicationRuntime(application), "files");

    /// <summary>A folder for each application.</summary>
    public string ApplicationStates => Path.Combine(StateDirectory, "apps");

    public string ApplicationState(string application) => Path.Combine(ApplicationStates, application);

    /// <summary>Folder of one machine's sockets below the application's runtime folder.</summary>
    public static string MachineRuntime(string applicationRuntime, string machine) => Path.Combine(applicationRuntime, "machines", machine);

    /// <summary>The places of root on this node, after the environment.</summary>
    public static Places FromEnvironment() => new()
    {
        RuntimeDirectory = Environment.GetEnvironmentVariable("FIGMENT_RUNTIME_DIR") is { Length: > 0 } runtime ? runtime : "/run/figment",
        StateDirectory = Environment.GetEnvironmentVariable("FIGMENT_STATE_DIR") is { Length: > 0 } state ? state : "/var/lib/figment",
    };
}
