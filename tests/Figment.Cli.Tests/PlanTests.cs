using System.Text.Json;

namespace Figment.Cli.Tests;

/// <summary>Simulations, which ask no daemon.</summary>
public sealed class PlanTests : IDisposable
{
    private const string Compose = """
        name: shop
        services:
          web:
            image: shop/web
            ports: ["8080:80"]
            mem_limit: 512m
            x-figment:
              idle: { freeze-after: 1s }
              elastic: { min: 1, max: 16, target: { connections: 2 }, scale-in-after: 5s, release-after: 10s }
          db: { image: shop/db }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-plan-").FullName;

    public PlanTests() => File.WriteAllText(Path.Combine(_folder, "compose.yaml"), Compose);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_trace_that_was_made_is_simulated_under_a_Compose_file()
    {
        Assert.Equal("", await RunAsync(0, "plan", "trace", "generate", "--seed", "1", "--length", "10m", "--rate", "2", "--output", "t.csv"));
        Approval.Check("plan-simulate", await RunAsync(0, "plan", "simulate", "--trace", "t.csv", "-f", "compose.yaml", "--timeline", "states.jsonl"));
        Approval.Check("plan-simulate-json", await RunAsync(0, "plan", "simulate", "--trace", "t.csv", "-f", "compose.yaml", "--json"));

        var rows = File.ReadLines(Path.Combine(_folder, "states.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(17, rows.Select(row => row.GetProperty("machine").GetString()).Distinct().Count());
        Assert.All(rows, row => Assert.True(row.GetProperty("simulated").GetBoolean()));
        foreach (var machine in rows.GroupBy(row => row.GetProperty("machine").GetString()))
        {
            Assert.Equal(machine.Skip(1).Select(row => row.GetProperty("begin").GetDecimal()), machine.SkipLast(1).Select(row => row.GetProperty("end").GetDecimal()));
        }
    }

    [Fact]
    public async Task The_trace_of_the_same_seed_is_the_same_and_begins_with_what_it_is()
    {
        string[] made = ["plan", "trace", "generate", "--seed", "4", "--length", "1m", "--service", "api"];
        string text = await RunAsync(0, made);

        Assert.Equal(text, await RunAsync(0, made));
        Assert.StartsWith("# bursty, seed 4: 60 s, 10 requests a second, 12 bursts an hour up to 100 times as many within 5 s\nat_s,service,duration_ms,client\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n')[2..^1], line => Assert.Contains(",api,", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trace_can_come_from_stdin_and_a_policy_from_the_command_line()
    {
        var cli = new Cli { WorkingDirectory = _folder, Input = "at_s,service,duration_ms\n1,a,20\n2,b,20\n" };

        Assert.Equal(0, await cli.RunAsync("plan", "simulate", "--trace", "-", "--policy", "freeze-after=500ms", "--program", "listen=10ms,box=5ms", "--json"));
        var result = JsonDocument.Parse(cli.Out).RootElement;
        Assert.Equal((true, 2, 2), (result.GetProperty("simulated").GetBoolean(), result.GetProperty("services").GetInt32(), result.GetProperty("requests").GetInt32()));
        Assert.Equal(35_000, result.GetProperty("rows")[5].GetProperty("p50Us").GetInt64());
    }

    [Theory]
    [InlineData(3, "cannot read the trace none.csv: there is no such file", "--trace", "none.csv")]
    [InlineData(1, "bad.csv:2: at_s is a number of seconds", "--trace", "bad.csv")]
    [InlineData(1, "service web cannot be simulated: min is 5 and max 3", "--trace", "good.csv", "--policy", "min=5,max=3")]
    [InlineData(1, "the trace asks service web2, which there is not", "--trace", "good.csv", "--service", "web2", "-f", "compose.yaml")]
    [InlineData(2, "--policy: there is no colour=red", "--trace", "good.csv", "--policy", "colour=red")]
    [InlineData(2, "--policy: freeze-after is a time", "--trace", "good.csv", "--policy", "freeze-after=soon")]
    [InlineData(2, "--policy: 'max' is no key=value", "--trace", "good.csv", "--policy", "max")]
    [InlineData(2, "--program: concurrency is a whole number", "--trace", "good.csv", "--program", "concurrency=-1")]
    [InlineData(1, "service web cannot be simulated: its program's model has a number that is too small", "--trace", "good.csv", "--program", "concurrency=0")]
    [InlineData(3, "cannot find the price list dear", "--trace", "good.csv", "--prices", "dear")]
    public async Task What_is_wrong_is_said_with_its_place(int code, string message, params string[] arguments)
    {
        File.WriteAllText(Path.Combine(_folder, "good.csv"), "at_s,service\n0,web\n");
        File.WriteAllText(Path.Combine(_folder, "bad.csv"), "at_s,service\nsoon,web\n");

        Assert.Contains(message, await RunAsync(code, ["plan", "simulate", .. arguments]), StringComparison.Ordinal);
    }

    /// <summary>What it printed; of a failure what it said.</summary>
    private async Task<string> RunAsync(int code, params string[] arguments)
    {
        var cli = new Cli { WorkingDirectory = _folder };

        Assert.Equal(code, await cli.RunAsync(arguments));
        return code == 0 ? cli.Out : cli.Error;
    }
}
