using System.Text;
using Figment.Compose.Tests.Support;

namespace Figment.Compose.Tests;

/// <summary>Files as large as allowed, made to be slow: each must come back with messages. A hang shows as the test run's own time-out.</summary>
public sealed class HostileTests
{
    [Theory]
    [InlineData("", "[")]
    [InlineData("", "{")]
    [InlineData("", "{a: ")]
    [InlineData("", "- ")]
    [InlineData("", "? ")]
    [InlineData("", "&a ")]
    [InlineData("", "*a ")]
    [InlineData("", "!a ")]
    [InlineData("a: \"", "\\x")]
    [InlineData("a: '", "''")]
    [InlineData("a: |\n", " \n")]
    [InlineData("", "#\n")]
    [InlineData("", "%a\n")]
    [InlineData("", "---\n")]
    [InlineData("a: [", "a,")]
    [InlineData("a: [", "\"")]
    [InlineData("a: [", ": ")]
    [InlineData("x-a: ", "${A:-")]
    [InlineData("x-a: ", "$A")]
    [InlineData("x-a: ", "a ")]
    [InlineData("x-a: &a [a]\nx-b: [", "*a,")]
    public void A_pattern_repeated_to_the_limit_is_answered(string start, string pattern)
    {
        var text = new StringBuilder(start);
        while (text.Length + pattern.Length < ComposeLimits.YamlBytesMax)
        {
            text.Append(pattern);
        }

        ComposeResult result = ComposeLoader.Load(new ComposeOptions(), new MemoryFiles().Add("compose.yaml", text.ToString()));

        Assert.Null(result.Application);
        Assert.NotEmpty(result.Diagnostics);
    }

    [Theory]
    [InlineData("services:\n  web:\n    image: a\n", "    k{0}: 1\n")]
    [InlineData("services:\n  web:\n    image: a\n    environment:\n", "      k{0}: 1\n")]
    [InlineData("services:\n  web:\n    image: a\n    environment:\n", "      k{0}: $A\n")]
    [InlineData("services:\n  web:\n    image: a\n    ports:\n", "    - \"{0}\"\n")]
    [InlineData("services:\n  web:\n    image: a\n    depends_on:\n", "    - k{0}\n")]
    [InlineData("services:\n  web:\n    image: a\n    networks:\n", "      k{0}:\n")]
    [InlineData("services:\n", "  k{0}: {{image: a}}\n")]
    [InlineData("services:\n  web:\n    image: a\n    volumes:\n", "    - k{0}:/k\n")]
    public void Many_lines_are_answered(string start, string line)
    {
        var text = new StringBuilder(start);
        for (int number = 0; number < 100_000; number++)
        {
            text.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, line, number);
        }

        ComposeResult result = ComposeLoader.Load(new ComposeOptions(), new MemoryFiles().Add("compose.yaml", text.ToString()));

        Assert.Equal(result.Application is null, result.Diagnostics.Any(one => one.Severity == DiagnosticSeverity.Error));
    }
}
