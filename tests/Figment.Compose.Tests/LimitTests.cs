using System.Globalization;
using System.Text;
using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

public sealed class LimitTests
{
    [Fact]
    public void Aliases_of_aliases_are_refused_before_they_fill_the_memory()
    {
        var yaml = new StringBuilder("x-0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
        for (int level = 1; level < 20; level++)
        {
            string above = string.Join(", ", Enumerable.Repeat($"*l{level - 1}", 10));
            yaml.Append(CultureInfo.InvariantCulture, $"x-{level}: &l{level} [{above}]\n");
        }

        Assert.Equal(["compose.yaml:6:26: error: more than 500000 values with all aliases written out"], Lines(Load(yaml.ToString())));
    }

    [Fact]
    public void Nesting_is_bounded_also_through_aliases()
    {
        string deep = new string('[', 200) + new string(']', 200);
        Assert.Equal(["compose.yaml:1:69: error: nested more than 64 deep"], Lines(Load("x-a: " + deep)));

        string half = new string('[', 40) + new string(']', 40);
        string halfWithAlias = new string('[', 40) + "*a" + new string(']', 40);
        Assert.Equal(["compose.yaml:2:46: error: nested more than 64 deep with its aliases written out"], Lines(Load($"x-a: &a {half}\nx-b: {halfWithAlias}")));
    }

    [Fact]
    public void Files_beyond_the_size_are_refused()
    {
        string[] lines = Lines(Load("x-a: " + new string('a', ComposeLimits.YamlBytesMax)));
        Assert.Equal(["error: cannot read the Compose file 'compose.yaml': it is larger than the 4194304 bytes that are still allowed"], lines);
    }

    [Fact]
    public void Variables_that_double_one_another_are_refused()
    {
        var variables = new StringBuilder("V0=xxxxxxxxxx\n");
        for (int level = 1; level < 60; level++)
        {
            variables.Append(CultureInfo.InvariantCulture, $"V{level}=$V{level - 1}$V{level - 1}\n");
        }

        string[] lines = Lines(Load("services: { web: { image: a } }", null, (".env", variables.ToString())));
        Assert.Equal([".env:21:1: error: V20: interpolation makes more than 16777216 characters"], lines);
    }

    [Fact]
    public void Defaults_within_defaults_are_bounded()
    {
        string text = string.Concat(Enumerable.Repeat("${A:-", 40)) + new string('}', 40);
        Assert.Equal(["compose.yaml:3:12: error: services.web.image: defaults stand more than 32 deep within defaults"], Lines(Load($"services:\n  web:\n    image: {text}\n")));
    }

    [Fact]
    public void More_services_or_machines_than_the_limit_are_refused()
    {
        string services = string.Concat(Enumerable.Range(0, 1001).Select(number => $"  s{number}: {{ image: a }}\n"));
        Assert.Equal(["compose.yaml:2:3: error: services: more than 1000 services"], Lines(Load("services:\n" + services)));
        Assert.Equal(["compose.yaml:4:12: error: services.web.scale: expected a number from 0 to 1000, found '1001'"], WebDiagnostics("scale: 1001"));
    }

    [Fact]
    public void Ranges_of_ports_are_bounded() =>
        Assert.Equal(["compose.yaml:4:14: error: services.web.expose[0]: more than 4096 ports of one service"], WebDiagnostics("expose: [\"1-65535\"]"));

    [Fact]
    public void Services_that_extend_a_large_one_in_a_chain_are_bounded()
    {
        var yaml = new StringBuilder("services:\n  s0:\n    image: a\n    environment:\n");
        for (int number = 0; number < 30_000; number++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"      V{number}: 1\n");
        }

        for (int number = 1; number < 30; number++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  s{number}: {{ extends: s0 }}\n");
        }

        Assert.Contains(Lines(Load(yaml.ToString())), line => line.EndsWith("more than 500000 values with all extended services written out", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flood_of_messages_is_cut_off()
    {
        string keys = string.Concat(Enumerable.Range(0, 300).Select(number => $"zz{number}: 1\n"));
        string[] lines = Lines(Load(keys));
        Assert.Equal(101, lines.Length);
        Assert.Equal("error: 200 more messages are not shown", lines[^1]);
    }
}
