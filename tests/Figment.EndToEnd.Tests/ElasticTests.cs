using System.Collections.Concurrent;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>A service that has as many machines as it is needed by.</summary>
public sealed class ElasticTests : IDisposable
{
    /// <summary>Answers each line after so many seconds, one connection at a time, with the name of its host.</summary>
    private const string Worker = """
        import socket, time
        s = socket.create_server(("0.0.0.0", 7000), backlog=64)
        while True:
            c, _ = s.accept()
            with c, c.makefile() as f:
                while line := f.readline():
                    time.sleep(float(line))
                    c.sendall((socket.gethostname() + "\n").encode())
        """;

    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_spike_finds_more_machines_within_a_second_and_they_go_when_it_is_over()
    {
        int port = Client.FreePort();
        Up("spike", port, "min: 0, max: 6, target: { connections: 1 }, scale-in-after: 1s, release-after: 1s");
        string address = Address("spike");
        Assert.Equal(address, Lookup("spike", "work"));

        // From within: one client asks the service's address.
        Assert.Equal("work-1", Ask("spike", "work"));
        Assert.Equal(1, Running("spike"));

        // From outside: six at once, each of which would wait for those before it.
        var answers = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var socket = await Client.ConnectAsync(port);
            answers.Add(await Client.AskAsync(socket, "0.5"));
            answers.Add(await Client.AskAsync(socket, "0.5"));
        }));
        Assert.Equal(12, answers.Count);
        FigmentNode.Eventually("there are more machines", () => answers.Distinct().Count() > 1 || Running("spike") > 1 ? null : string.Join(' ', answers));
        string why = _node.Run("why", "-p", "spike", "work-2");
        Assert.Matches(@"its service needs \d machines", why);

        FigmentNode.Eventually("they have gone again", () => Running("spike") == 0 ? null : $"{Running("spike")} run", seconds: 60);
        Assert.Equal("work-1", Ask("spike", "work"));
    }

    [Fact]
    public void Connections_from_within_are_spread_over_those_that_serve_and_a_machine_that_dies_is_replaced()
    {
        Up("spread", Client.FreePort(), "min: 3, max: 4, target: { connections: 100 }");
        FigmentNode.Eventually("three run", () => Running("spread") == 3 ? null : $"{Running("spread")} run");

        string[] answers = [.. Enumerable.Range(0, 6).Select(_ => Ask("spread", "work"))];
        Assert.Equal(["work-1", "work-2", "work-3"], answers.Distinct().Order());
        Assert.All(answers.CountBy(answer => answer), count => Assert.Equal(2, count.Value));

        System.Diagnostics.Process.GetProcessById(_node.Machine("spread", "work-2").Pid!.Value).Kill();
        FigmentNode.Eventually("there are three again", () => Running("spread") == 3 ? null : $"{Running("spread")} run");
        Assert.Equal(3, Enumerable.Range(0, 6).Select(_ => Ask("spread", "work")).Distinct().Count());

        // Each machine keeps its own name and address.
        Assert.Equal("work-1", Ask("spread", "work-1"));
    }

    [Fact]
    public void A_new_keeper_leads_on()
    {
        Up("lead", Client.FreePort(), "min: 2, max: 3, target: { connections: 100 }");
        FigmentNode.Eventually("two run", () => Running("lead") == 2 ? null : $"{Running("lead")} run");
        int keeper = Assert.Single(_node.Processes("figment-keeper"));
        System.Diagnostics.Process.GetProcessById(keeper).Kill();
        FigmentNode.Eventually("there is another keeper", () => _node.Processes("figment-keeper") is [var other] && other != keeper ? null : "not yet");

        Assert.Equal(["work-1", "work-2"], Enumerable.Range(0, 4).Select(_ => Ask("lead", "work")).Distinct().Order());
    }

    private void Up(string application, int port, string elastic) => _node.Up(application, $$"""
        services:
          work:
            command: ["/usr/bin/python3", "-uc", {{System.Text.Json.JsonSerializer.Serialize(Worker)}}]
            stop_signal: SIGKILL
            ports: ["{{port}}:7000"]
            x-figment: { root: host, idle: { freeze-after: 300ms }, elastic: { {{elastic}} } }
          client:
            command: sleep infinity
            x-figment: { root: host, start: eager, idle: { freeze-after: never } }
        """);

    private int Running(string application) =>
        _node.Machines(application).Count(machine => machine.Service == "work" && machine.State is not MachineState.Imaginary);

    private string Address(string application) =>
        _node.Run("exec", "-T", "-p", application, "client-1", "getent", "ahostsv4", "work").Split(' ')[0];

    private string Lookup(string application, string name) =>
        string.Join(' ', _node.Run("exec", "-T", "-p", application, "client-1", "getent", "ahostsv4", name).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).Distinct());

    private string Ask(string application, string name) =>
        _node.Run("exec", "-T", "-p", application, "client-1", "/usr/bin/python3", "-c", $"import socket; s = socket.create_connection(('{name}', 7000)); s.sendall(b'0\\n'); print(s.makefile().readline().strip())").Trim();
}
