using Figment.Compose.Tests.Support;
using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

public sealed class YamlTests
{
    [Fact]
    public void Explicit_keys_win_over_merged_ones_and_earlier_mappings_of_a_list_over_later_ones()
    {
        var application = Clean("""
            x-a: &a { OWN: a, BOTH: a }
            x-b: &b { BOTH: b, LAST: b }
            services:
              web:
                image: nginx
                environment:
                  <<: [*a, *b]
                  OWN: explicit
            """);

        Assert.Equal(
            [KeyValuePair.Create("OWN", (string?)"explicit"), KeyValuePair.Create("BOTH", (string?)"a"), KeyValuePair.Create("LAST", (string?)"b")],
            application.Services[0].Environment);
    }

    [Theory]
    [InlineData("a: [1,\nb: }", "compose.yaml:1:6: error: not valid YAML: the text after this place cannot be understood")]
    [InlineData("services: [", "compose.yaml:2:1: error: not valid YAML: While parsing a node, did not find expected node content")]
    [InlineData("a: &x [*x]", "compose.yaml:1:8: error: the alias '*x' stands inside the value that it repeats")]
    [InlineData("a: &anchor 1\nb: *anchro", "compose.yaml:2:4: error: no anchor '&anchro' stands before this alias; did you mean 'anchor'?")]
    [InlineData("services:\n  web: {}\n  web: {}", "compose.yaml:3:3: error: the key 'web' stands twice in one mapping, first in line 2")]
    [InlineData("x-a: 1\n<<: {}\n<<: {}", "compose.yaml:3:1: error: the key '<<' stands twice in one mapping, first in line 2; write one merge key with a list: <<: [*a, *b]")]
    [InlineData("x-a: !env X", "compose.yaml:1:6: error: unknown tag '!env'; Compose has !reset and !override")]
    [InlineData("x-a:\n  <<: 5", "compose.yaml:2:3: error: the merge key << needs a mapping or a list of mappings, found 5")]
    [InlineData("? [a]\n: b", "compose.yaml:1:3: error: a key must be a word, found a list")]
    [InlineData("x-a: \"\\0\"", "compose.yaml:1:6: error: a zero byte or half a character cannot be given to a program")]
    [InlineData("a: 1\n\0", "compose.yaml:2: error: the text has a zero byte")]
    [InlineData("", "compose.yaml: error: the file is empty; a Compose file has at least 'services'")]
    [InlineData("# nothing\n---\n", "compose.yaml: error: the file is empty; a Compose file has at least 'services'")]
    [InlineData("- a", "compose.yaml:1:1: error: expected a mapping with 'services', found a list")]
    [InlineData("name: x", "compose.yaml: error: there are no services; a Compose file has at least one under 'services'")]
    public void What_is_wrong_is_said_with_its_place(string yaml, string expected) =>
        Assert.Equal([expected], Lines(Load(yaml)));

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_named_with_their_line()
    {
        ComposeResult result = ComposeLoader.Load(new ComposeOptions(), new MemoryFiles().Add("compose.yaml", [(byte)'a', (byte)'\n', 0xFF, 0xFE]));
        Assert.Equal(["compose.yaml:2: error: the text is not valid UTF-8"], Lines(result));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_text() =>
        Assert.Equal("web", Clean("\uFEFFservices:\n  web: { image: a }\n").Services[0].Name);

    [Fact]
    public void Several_documents_of_a_file_are_merged_in_order() =>
        Assert.Equal("b", Clean("services:\n  web: { image: a, hostname: h }\n---\nservices:\n  web: { image: b }\n").Services[0].Image);

    [Theory]
    [InlineData("tty: true")]
    [InlineData("tty: \"true\"")]
    [InlineData("tty: yes")]
    [InlineData("tty: !!bool true")]
    public void Booleans_are_read_in_the_forms_that_Compose_has(string keys) => Assert.True(Web(keys).Tty);

    [Fact]
    public void A_string_is_not_made_of_a_number() =>
        Assert.Equal(["compose.yaml:4:15: error: services.web.hostname: expected a string, found 12; put it in quotes"], WebDiagnostics("hostname: 12"));
}
