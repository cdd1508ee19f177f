using System.Runtime.InteropServices;

namespace Figment.Box.Tests.Harness;

/// <summary>Where the box under test is: what was built with the tests, or what FIGMENT_TEST_BOX names.</summary>
internal static class BoxFiles
{
    public static string Root { get; } = FindRoot();

    /// <summary>What to execute, with its arguments.</summary>
    public static IReadOnlyList<string> Command { get; } = Environment.GetEnvironmentVariable("FIGMENT_TEST_BOX") is { Length: > 0 } path
        ? [path]
        : [Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")), Path.Combine(Root, "artifacts", "bin", "Figment.Box", "debug_linux-x64", "figment-box.dll")];

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Figment.slnx")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"no Figment.slnx above {AppContext.BaseDirectory}");
    }
}
