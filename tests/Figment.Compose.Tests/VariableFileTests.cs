using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

public sealed class VariableFileTests
{
    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("export A=b", "b")]
    [InlineData("A: b", "b")]
    [InlineData("A = b ", "b")]
    [InlineData("A=b # comment", "b")]
    [InlineData("A=b#c", "b#c")]
    [InlineData("A='b # c'", "b # c")]
    [InlineData("A='$X \\n'", "$X \\n")]
    [InlineData("A=\"x\\ny\\t\\\"\\\\\"", "x\ny\t\"\\")]
    [InlineData("A=\"\\$X $$\"", "$X $")]
    [InlineData("A=\"two\nlines\" # c", "two\nlines")]
    [InlineData("X=1\nA=${X}2$CALLER", "12caller")]
    [InlineData("CALLER=file\nA=$CALLER", "caller")]
    [InlineData("A=${NONE:-d}", "d")]
    [InlineData("A=", "")]
    [InlineData("A=\r\nB=x\r\n", "")]
    [InlineData("A=first\nA=last", "last")]
    [InlineData("\n\n# c\n   A=b", "b")]
    public void A_variable_is_read_as_docker_compose_reads_it(string file, string expected) =>
        Assert.Equal(expected, Value(file));

    [Theory]
    [InlineData("A B=secret", ".env:1:1: error: expected NAME=value; names are made of letters, digits, '_', '.' and '-'")]
    [InlineData("\nA='secret", ".env:2:1: error: A: the quote ' that opens the value is never closed")]
    [InlineData("A='x'secret", ".env:1:1: error: A: text stands after the closing quote")]
    [InlineData("A=${secret", ".env:1:1: error: A: '${' without its '}'; write '$$' for a dollar sign")]
    public void What_is_wrong_is_said_without_the_value(string file, string expected)
    {
        string[] lines = Lines(Load("services: { web: { image: a } }", null, (".env", file)));
        Assert.Equal([expected], lines);
        Assert.DoesNotContain("secret", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_caller_s_environment_wins_over_files_and_later_files_over_earlier_ones()
    {
        var options = new ComposeOptions { EnvFiles = ["one.env", "two.env"], Environment = new Dictionary<string, string> { ["C"] = "caller" } };
        var web = Web("labels: [\"l=$A$B$C\"]", "", options, ("one.env", "A=1\nB=1\nC=1"), ("two.env", "B=2\nC=2"), (".env", "A=never"));
        Assert.Equal("12caller", web.Labels[0].Value);
    }

    [Fact]
    public void A_service_s_files_come_before_its_environment_and_a_bare_name_takes_the_caller_s()
    {
        var web = Web("env_file: [one.env, { path: raw.env, format: raw }]\nenvironment: [B=own, CALLER, MISSING]", "", Caller(("CALLER", "caller")), ("one.env", "A=1\nB=1\nCALLER"), ("raw.env", "R='$A' # x"));
        Assert.Equal(
            ["A=1", "B=own", "CALLER=caller", "R='$A' # x", "MISSING=(none)"],
            web.Environment.Select(pair => $"{pair.Key}={pair.Value ?? "(none)"}"));
    }

    [Fact]
    public void A_missing_file_is_an_error_unless_it_is_not_required()
    {
        Assert.Equal(["compose.yaml:4:15: error: services.web.env_file[0]: cannot read the environment file 'no.env': there is no such file"], WebDiagnostics("env_file: no.env"));
        Assert.Empty(Web("env_file: [{ path: no.env, required: false }]").Environment);
        Assert.Equal(["error: cannot read the environment file 'no.env': there is no such file"], Lines(Load("services: { web: { image: a } }", new ComposeOptions { EnvFiles = ["no.env"] })));
    }

    private static string Value(string file) =>
        Web("labels: [\"l=${A}\"]", "", Caller(("CALLER", "caller")), (".env", file)).Labels[0].Value;
}
