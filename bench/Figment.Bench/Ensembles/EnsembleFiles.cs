using Figment.Bench.Sides;

namespace Figment.Bench.Ensembles;

/// <summary>What the sides have in common: how a member is started, and the Compose file.</summary>
internal static class EnsembleFiles
{
    public static IReadOnlyList<string> Services { get; } = ["zoo1", "zoo2", "zoo3"];

    public static string Folder => Path.Combine(BenchProgram.FilesFolder, "recovery");

    public static string Member => Path.Combine(Folder, "member.sh");

    /// <param name="over">figment or docker.</param>
    public static IReadOnlyList<string> Compose(string over) => [Path.Combine(Folder, "compose.yaml"), Path.Combine(Folder, over + ".yaml")];
}
