namespace Figment.EndToEnd.Tests;

/// <summary>Programs run once, with their output and exit code.</summary>
public sealed class RunTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_bare_program_is_heard_from_its_first_word_and_nothing_is_left_of_it()
    {
        for (int round = 0; round < 5; round++)
        {
            var result = _node.Try("run", "--", "sh", "-c", "echo first; echo second >&2; exit 7");

            Assert.True(result is { Code: 7, Output: "first\n" } && result.Errors.Contains("second\n", StringComparison.Ordinal), $"{result}");
        }

        Assert.Equal("[]", _node.Run("ls", "--json").Trim());
    }

    [Fact]
    public void More_output_than_a_pipe_holds_comes_whole() =>
        Assert.Equal(2_000_000, _node.Run("run", "--", "sh", "-c", "head -c 2000000 /dev/zero | tr '\\0' x").Length);

    [Theory]
    [InlineData("no-such-program", 127)]
    [InlineData("/etc/hostname", 126)]
    public void A_program_that_cannot_be_executed_has_dockers_exit_code(string program, int code)
    {
        var result = _node.Try("run", "--", program);

        Assert.Equal(code, result.Code);
        Assert.Contains(program, result.Errors, StringComparison.Ordinal);
        Assert.Equal("[]", _node.Run("ls", "--json").Trim());
    }

    [Fact]
    public void A_service_is_run_once_its_dependencies_are_ready()
    {
        _node.Up("tasks", """
            services:
              task:
                command: sh -c 'echo "$$WHO asks"; (echo PING; sleep 1) | socat - TCP:redis:6379'
                environment: { WHO: nobody }
                depends_on: { redis: { condition: service_healthy } }
                profiles: [tasks]
                x-figment: { root: host }
              redis:
                command: sh -c 'sleep 1; exec redis-server --save "" --protected-mode no'
                expose: ["6379"]
                healthcheck: { test: ["CMD", "redis-cli", "ping"], interval: 1s, start_interval: 200ms, start_period: 10s }
                x-figment: { root: host }
            """, "--profile", "tasks", "--no-start");

        Assert.Equal("somebody asks\n+PONG\r\n", _node.Run("run", "-p", "tasks", "-e", "WHO=somebody", "task"));
    }
}
