using Figment.Bench.Sides;

namespace Figment.Bench.Spikes;

/// <summary>The application that all sides run; what differs stands in a second file over the first.</summary>
internal static class SpikeFiles
{
    public const int Workers = 12;
    public const int FrontPort = 8080;

    public static string Folder => Path.Combine(BenchProgram.FilesFolder, "spike");

    /// <param name="over">figment or docker.</param>
    public static IReadOnlyList<string> Compose(string over) => [Path.Combine(Folder, "compose.yaml"), Path.Combine(Folder, over + ".yaml")];
}
