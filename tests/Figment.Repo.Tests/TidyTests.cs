using System.Text.RegularExpressions;

namespace Figment.Repo.Tests;

/// <summary>STYLE as tests: sizes, leftovers, P/Invoke in one place.</summary>
public sealed partial class TidyTests
{
    private const int FileLinesMax = 500;

    private static IEnumerable<(string File, string[] Lines)> CSharp =>
        Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal)).Select(file => (file, File.ReadAllLines(Path.Combine(Repository.Root, file))));

    [Fact]
    public void No_file_is_longer_than_500_lines() =>
        Assert.Empty(CSharp.Where(source => source.Lines.Length > FileLinesMax).Select(source => $"{source.File}: {source.Lines.Length} lines"));

    [Fact]
    public void Nothing_is_left_over() =>
        Assert.Empty(Matches(Leftover(), file => file != "tests/Figment.Repo.Tests/TidyTests.cs"));

    [Fact]
    public void PInvoke_stands_in_Figment_Linux_only() =>
        Assert.Empty(Matches(PInvoke(), file => file.StartsWith("src/", StringComparison.Ordinal) && !file.StartsWith("src/Figment.Linux/", StringComparison.Ordinal)));

    [Fact]
    public void Unsafe_blocks_are_allowed_in_Figment_Linux_only() =>
        Assert.Equal(
            ["src/Figment.Linux/Figment.Linux.csproj"],
            Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) && File.ReadAllText(Path.Combine(Repository.Root, file)).Contains("AllowUnsafeBlocks", StringComparison.Ordinal)));

    [Fact]
    public void No_file_names_a_package_registry_or_a_path_of_one_machine() =>
        Assert.Empty(
            from file in Repository.Files
            where file != "tests/Figment.Repo.Tests/TidyTests.cs" && !file.EndsWith(".png", StringComparison.Ordinal)
            from line in File.ReadAllLines(Path.Combine(Repository.Root, file)).Index()
            where Foreign().IsMatch(line.Item)
            select $"{file}:{line.Index + 1}: {line.Item.Trim()}");

    [Fact]
    public void A_project_file_pins_no_version() =>
        Assert.DoesNotContain(Repository.Files, file => file.EndsWith(".csproj", StringComparison.Ordinal) && PackageVersion().IsMatch(File.ReadAllText(Path.Combine(Repository.Root, file))));

    private static IEnumerable<string> Matches(Regex pattern, Func<string, bool> wanted) =>
        from source in CSharp
        where wanted(source.File)
        from line in source.Lines.Index()
        where pattern.IsMatch(line.Item)
        select $"{source.File}:{line.Index + 1}: {line.Item.Trim()}";

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|\bXXX\b|Assert\.True\(true\)|catch \{ \}")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\b|\bunsafe\b")]
    private static partial Regex PInvoke();

    [GeneratedRegex(@"(^|[\s""'=(])/work/|https?://[a-z0-9.-]*(nuget|npmjs|debian|ubuntu)\.(org|com)")]
    private static partial Regex Foreign();

    [GeneratedRegex(@"<PackageReference[^>]*\bVersion=")]
    private static partial Regex PackageVersion();
}
