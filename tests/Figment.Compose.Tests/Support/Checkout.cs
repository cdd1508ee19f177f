namespace Figment.Compose.Tests.Support;

/// <summary>Files of the checkout that the tests were built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    public static string Tests { get; } = Path.Combine(Root, "tests", "Figment.Compose.Tests");

    private static string Find()
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
