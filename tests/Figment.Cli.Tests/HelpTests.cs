using System.CommandLine;
using Figment.Cli.Commands;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Verbs => [.. Commands(Root(), "figment").Select(entry => entry.Path)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Help_is_as_approved(string path)
    {
        var command = Commands(Root(), "figment").Single(entry => entry.Path == path).Command;

        Approval.CheckFile(Approval.RepositoryFile("docs", "reference", "cli", path.Replace(' ', '-') + ".txt"), HelpText.Of(command));
    }

    [Fact]
    public void Every_verb_has_examples_that_parse()
    {
        foreach (var (path, command) in Commands(Root(), "figment").Where(entry => entry.Command is FigmentCommand))
        {
            var examples = ((FigmentCommand)command).Examples;
            Assert.True(examples.Count > 0, $"{path} has no example");
            foreach (var example in examples)
            {
                string line = example.Line.Split(" > ")[0].Split(" < ")[0];
                var parsed = Root().Parse(line["figment ".Length..]);
                Assert.True(parsed.Errors.Count == 0, $"'{example.Line}': {string.Join("; ", parsed.Errors)}");
            }
        }
    }

    [Fact]
    public void The_reference_has_a_page_for_each_verb_and_no_other() =>
        Assert.Equal(
            Commands(Root(), "figment").Select(entry => entry.Path.Replace(' ', '-') + ".txt").Order(StringComparer.Ordinal),
            Directory.GetFiles(Approval.RepositoryFile("docs", "reference", "cli")).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData]
    public async Task The_root_help_comes_in_all_ways(params string[] arguments)
    {
        var cli = new Cli();

        Assert.Equal(0, await cli.RunAsync(arguments));
        Assert.StartsWith("Run Compose applications on machines", cli.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("help", "daemon", "stop")]
    [InlineData("daemon", "stop", "--help")]
    public async Task Help_of_a_verb_comes_in_both_ways(params string[] arguments)
    {
        var cli = new Cli();

        Assert.Equal(0, await cli.RunAsync(arguments));
        Assert.StartsWith("End the daemon", cli.Out, StringComparison.Ordinal);
    }

    private static RootCommand Root() => CommandTree.Build(new Cli().Context(), new Interruption());

    private static IEnumerable<(string Path, Command Command)> Commands(Command command, string path) =>
        command.Subcommands.SelectMany(child => Commands(child, $"{path} {child.Name}")).Prepend((path, command));
}
