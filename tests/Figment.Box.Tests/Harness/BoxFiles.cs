namespace Figment.Box.Tests.Harness;

/// <summary>Where the box under test is: the program as published, in FIGMENT_BIN_DIR or artifacts/figment. <c>./test</c> publishes it.</summary>
internal static class BoxFiles
{
    public static string Root { get; } = FindRoot();

    public static string Box { get; } = Path.Combine(Environment.GetEnvironmentVariable("FIGMENT_BIN_DIR") ?? Path.Combine(Root, "artifacts", "figment"), "figment-box");

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
