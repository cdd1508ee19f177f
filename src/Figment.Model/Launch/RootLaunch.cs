namespace Figment.Model.Launch;

/// <summary>The machine's root: lower folders beneath an overlay.</summary>
public sealed record RootLaunch
{
    /// <summary>Read-only folders, topmost first; <c>/</c> for <c>root: host</c>.</summary>
    public required IReadOnlyList<string> LowerDirectories { get; init; }

    /// <summary>Folder for what the machine writes, kept until <c>rm</c> or <c>down</c>; <c>upper</c>, <c>work</c> and <c>merged</c> are made in it.</summary>
    public required string OverlayDirectory { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>The node's own root: its folders of other mounts (/proc, /sys, /dev, /run, /tmp, the state and runtime folders) are hidden.</summary>
    public bool Host { get; init; }
}
