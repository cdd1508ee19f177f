namespace Figment.Conformance.Tests.Stages;

/// <summary>Where the sources are: scenarios and examples are used in place, because Compose files refer to files beside them.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Figment.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} has Figment.slnx: run this from the repository's artifacts folder");
    }
}
