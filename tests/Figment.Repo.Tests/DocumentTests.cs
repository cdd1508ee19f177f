using System.Text.RegularExpressions;

namespace Figment.Repo.Tests;

/// <summary>Pages lead where they say.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_link_between_pages_leads_to_a_file()
    {
        var broken =
            from page in Repository.Files
            where page.EndsWith(".md", StringComparison.Ordinal)
            from Match link in Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, page)))
            let target = link.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
            let path = Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, target))
            where !File.Exists(path) && !Directory.Exists(path)
            select $"{page}: {link.Groups[1].Value}";

        Assert.Empty(broken);
    }

    [Fact]
    public void The_programs_that_start_in_milliseconds_link_neither_Orleans_nor_SQLite()
    {
        string[] native = ["Keeper", "Box", "Cli"];
        var heavy =
            from project in native
            from line in File.ReadLines(Path.Combine(Repository.Root, "src", $"Figment.{project}", $"Figment.{project}.csproj"))
            where line.Contains("Orleans", StringComparison.Ordinal) || line.Contains("Sqlite", StringComparison.Ordinal) || line.Contains("Figment.Node", StringComparison.Ordinal)
            select $"{project}: {line.Trim()}";

        Assert.Empty(heavy);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
