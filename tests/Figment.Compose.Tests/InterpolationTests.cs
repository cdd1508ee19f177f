using CsCheck;
using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

public sealed class InterpolationTests
{
    private static readonly ComposeOptions Some = Caller(("SET", "value"), ("EMPTY", ""), ("OTHER", "other"));

    [Theory]
    [InlineData("$SET", "value")]
    [InlineData("${SET}", "value")]
    [InlineData("a$SET-b", "avalue-b")]
    [InlineData("$$SET", "$SET")]
    [InlineData("$$${SET}", "$value")]
    [InlineData("${EMPTY:-d}", "d")]
    [InlineData("${EMPTY-d}x", "x")]
    [InlineData("${UNSET:-d}", "d")]
    [InlineData("${UNSET-d}", "d")]
    [InlineData("${UNSET:-}x", "x")]
    [InlineData("${SET:+yes}", "yes")]
    [InlineData("${EMPTY:+yes}x", "x")]
    [InlineData("${EMPTY+yes}", "yes")]
    [InlineData("${UNSET+yes}x", "x")]
    [InlineData("${SET:?needed}", "value")]
    [InlineData("${EMPTY?needed}x", "x")]
    [InlineData("${UNSET:-${OTHER}}", "other")]
    [InlineData("${UNSET:-${EMPTY:-${SET}}}", "value")]
    [InlineData("${SET:+${OTHER:+deep}}", "deep")]
    [InlineData("${UNSET:-a:-b}", "a:-b")]
    [InlineData("${UNSET:-$$x}", "$x")]
    [InlineData("${UNSET:-{}}", "{}")]
    public void Each_form_expands_as_the_specification_says(string text, string expected) =>
        Assert.Equal(expected, Web($"labels: {{ l: \"{text}\" }}", "", Some).Labels[0].Value);

    [Theory]
    [InlineData("${UNSET:?set UNSET first}", "the required variable UNSET is not set: set UNSET first")]
    [InlineData("${EMPTY:?}", "the required variable EMPTY is empty")]
    [InlineData("${UNSET?see ${OTHER}}", "the required variable UNSET is not set: see other")]
    [InlineData("${", "'${' is not followed by a variable's name; write '$$' for a dollar sign")]
    [InlineData("${SET", "'${' without its '}'; write '$$' for a dollar sign")]
    [InlineData("${UNSET:-x", "'${' without its '}'; write '$$' for a dollar sign")]
    [InlineData("$", "a '$' that begins no variable; write '$$' for a dollar sign")]
    [InlineData("$5", "a '$' that begins no variable; write '$$' for a dollar sign")]
    [InlineData("${SET!x}", "after '${SET' stands neither '}' nor one of :- - :? ? :+ +; write '$$' for a dollar sign")]
    public void What_cannot_be_expanded_is_an_error_at_its_value(string text, string message) =>
        Assert.Equal([$"compose.yaml:4:20: error: services.web.labels.l: {message}"], WebDiagnostics($"labels: {{   l: \"{text}\" }}", "", Some));

    [Fact]
    public void A_branch_not_taken_asks_for_nothing() =>
        Assert.Equal("value", Web("labels: { l: \"${SET:-${UNSET:?never}}\" }", "", Some).Labels[0].Value);

    [Fact]
    public void A_variable_that_is_not_set_is_said_once() =>
        Assert.Equal(
            ["compose.yaml:4:15: warning: services.web.labels[0]: the variable NOPE is not set and counts as empty; set it, or write ${NOPE:-} if that is meant"],
            WebDiagnostics("labels: [ \"a=$NOPE\", \"b=$NOPE\" ]"));

    [Fact]
    public void Keys_are_left_alone() =>
        Assert.Equal("$SET", Web("labels: { $SET: x }", "", Some).Labels[0].Key);

    [Fact]
    public void A_number_may_come_from_a_variable() =>
        Assert.Equal(3, Web("scale: ${COUNT}", "", Caller(("COUNT", "3"))).Replicas);

    [Fact]
    public void Text_with_its_dollars_doubled_expands_to_itself() =>
        Gen.String[Gen.Char[' ', '~'], 0, 40].Sample(text =>
        {
            string quoted = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal);
            return Web($"labels: {{ l: \"{quoted}\" }}").Labels[0].Value == text;
        }, iter: 500);

    [Fact]
    public void A_value_is_not_expanded_again() =>
        Gen.String[Gen.Char[' ', '~'], 1, 40].Sample(value => Web("labels: { l: \"${V}\" }", "", Caller(("V", value))).Labels[0].Value == value, iter: 500);
}
