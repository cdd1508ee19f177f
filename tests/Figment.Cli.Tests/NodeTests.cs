namespace Figment.Cli.Tests;

public sealed class NodeTests
{
    [Fact]
    public async Task A_token_is_read_from_standard_input_so_that_nobody_sees_it()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = new Cli { Input = " e7c2.5ec3e7.f1 \nmore\n" };
        cli.Environment["FIGMENT_HOST"] = daemon.Cli().Environment["FIGMENT_HOST"];

        Assert.Equal(0, await cli.RunAsync("node", "join", "192.0.2.7", "-"));

        Assert.Equal("e7c2.5ec3e7.f1  default of 192.0.2.7\n", cli.Out);
    }

    [Theory]
    [InlineData("8d")]
    [InlineData("0s")]
    [InlineData("soon")]
    public async Task A_lifetime_that_no_token_has_is_refused(string lifetime)
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli();

        Assert.Equal(2, await cli.RunAsync("node", "token", "--lifetime", lifetime));

        Assert.Contains($"--lifetime '{lifetime}': give 10m, 1h or 2d, at most 7d", cli.Error, StringComparison.Ordinal);
    }
}
