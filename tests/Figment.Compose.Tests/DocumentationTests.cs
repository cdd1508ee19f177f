using System.Text.RegularExpressions;
using Figment.Compose.Schema;
using Figment.Compose.Tests.Support;

namespace Figment.Compose.Tests;

/// <summary>docs/compose.md says what the schema says. <c>FIGMENT_APPROVE=1</c> writes the tables anew.</summary>
public sealed partial class DocumentationTests
{
    private const string Begin = "<!-- keys: begin -->\n";
    private const string End = "<!-- keys: end -->\n";

    private static readonly string Page = Path.Combine(Checkout.Root, "docs", "compose.md");

    [Fact]
    public void The_tables_of_keys_are_those_of_the_schema()
    {
        string page = File.ReadAllText(Page);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end >= begin, "docs/compose.md has lost the marks around its tables");
        string expected = "\n" + KeyTable.Render();
        if (Environment.GetEnvironmentVariable("FIGMENT_APPROVE") == "1")
        {
            File.WriteAllText(Page, page[..begin] + expected + page[end..]);
            return;
        }

        Assert.Equal(expected, page[begin..end]);
    }

    [Fact]
    public void Each_limit_is_named_with_its_number()
    {
        string page = File.ReadAllText(Page);
        string[] numbers = [.. Number().Matches(page).Select(match => match.Value.Replace(",", string.Empty, StringComparison.Ordinal))];
        int[] limits =
        [
            ComposeLimits.DepthMax, ComposeLimits.NodesMax, ComposeLimits.IncludeDepthMax, ComposeLimits.ExtendsDepthMax, ComposeLimits.FilesMax,
            ComposeLimits.ServicesMax, ComposeLimits.ReplicasMax, ComposeLimits.PortsMax, ComposeLimits.InterpolationDepthMax, ComposeLimits.DiagnosticsMax,
            ComposeLimits.YamlBytesMax / 1024 / 1024, ComposeLimits.EnvironmentBytesMax / 1024 / 1024,
        ];
        Assert.All(limits, limit => Assert.Contains(limit.ToString(System.Globalization.CultureInfo.InvariantCulture), numbers));
    }

    [Fact]
    public void What_is_not_acted_on_has_a_reason() =>
        Assert.All(ServiceSchema.Shape.Keys!.Where(key => key.Support != SupportLevel.Works), key => Assert.False(string.IsNullOrEmpty(key.Note), key.Name));

    [Fact]
    public void No_key_stands_twice_in_a_table() =>
        Assert.All([ServiceSchema.Shape, ComposeSchema.TopLevel, ServiceParts.Build, ServiceParts.Deploy], shape => Assert.Equal(shape.Keys!.Count, shape.Keys!.Select(key => key.Name).Distinct().Count()));

    [GeneratedRegex(@"\d[\d,]*")]
    private static partial Regex Number();
}
