namespace Figment.Conformance.Tests.Stages;

/// <summary>Finds Figment's executables.</summary>
internal static class FigmentPrograms
{
    private const string Variable = "FIGMENT_BIN_DIR";

    /// <summary>In FIGMENT_BIN_DIR if it is set, else the newest of that name under artifacts/figment.</summary>
    public static string Find(string name)
    {
        string? folder = Environment.GetEnvironmentVariable(Variable);
        string publish = Path.Combine(Repository.Root, "artifacts", "figment");
        string? found = !string.IsNullOrEmpty(folder)
            ? new[] { Path.GetFullPath(Path.Combine(folder, name)) }.FirstOrDefault(File.Exists)
            : Directory.Exists(publish)
                ? Directory.EnumerateFiles(publish, name, SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault()
                : null;
        return found ?? throw new FileNotFoundException(
            $"{name} is neither in {Variable} ({(string.IsNullOrEmpty(folder) ? "not set" : folder)}) nor under {publish}. Publish it first, or point {Variable} at the folder of Figment's executables.");
    }
}
