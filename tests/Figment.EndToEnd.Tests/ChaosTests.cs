using System.Diagnostics;
using System.Net;
using Figment.Tests;

namespace Figment.EndToEnd.Tests;

/// <summary>Random faults, one after the other, while requests come: after each the application answers again by itself, and at the end nothing is left.</summary>
public sealed class ChaosTests(ITestOutputHelper output) : IDisposable
{
    private const string Application = "chaos";

    /// <summary>Five quick deaths in a row make a machine Failed, as they should: before that all get a clean slate.</summary>
    private const int DeathsMax = 3;

    private readonly FigmentNode _node = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private int _deaths;

    public void Dispose()
    {
        _http.Dispose();
        _node.Dispose();
    }

    [Fact]
    [Trait("fuzz", "faults")]
    public async Task After_each_fault_the_application_answers()
    {
        int port = Client.FreePort();
        var address = new Uri($"http://127.0.0.1:{port}/");
        _node.Variables["GUESTBOOK_PORT"] = $"{port}";
        string[] files = ["-p", Application, "-f", Path.Combine(FigmentNode.Root(), "examples", "guestbook", "compose.yaml")];
        _node.Run(["up", .. files]);
        using var over = new CancellationTokenSource();
        var load = LoadAsync(address, over.Token);

        new FuzzRun("faults", output).RunSteps(random =>
        {
            string fault = Fault(random, files);
            output.WriteLine(fault);
            FigmentNode.Eventually($"{fault}: the application answers", () => ProblemOf(address));
        });

        await over.CancelAsync();
        Assert.True(await load > 0, "no request under load was answered");
        var states = _node.Machines(Application);
        Assert.All(states, machine => Assert.True(machine.State is Model.States.MachineState.Running or Model.States.MachineState.Imaginary, machine.ToString()));
        _node.Run(["down", "-v", .. files]);
    }

    /// <summary>Says what was done.</summary>
    private string Fault(Random random, string[] files)
    {
        int fault = random.Next(9);
        if (_deaths == DeathsMax)
        {
            _deaths = 0;
            return Command(["up", .. files, "--force-recreate"]);
        }

        switch (fault)
        {
            case 0:
                return Kill(random, "figmentd", _node.Processes("figmentd"));
            case 1:
                string killed = Kill(random, "figment-keeper", _node.Processes("figment-keeper"));

                // A keeper is made anew by figmentd, which may have been killed before: systemd would have started it again, here a command does.
                _node.Run("ls");
                return killed;
            case 2:
                _deaths++;
                return Kill(random, "figment-box", _node.Processes("figment-box"));
            case 3:
                _deaths++;
                return Kill(random, "a program", [.. _node.Machines(Application).Select(machine => machine.Pid).OfType<int>()]);
            case 4:
                return Command("stop", "--to-imaginary", "-p", Application, Machine(random));
            case 5:
                return Command("restart", "-p", Application, Machine(random));
            case 6:
                return Command(["up", .. files]);
            case 7:
                return Command(["up", .. files, "--scale", $"app={random.Next(1, 4)}"]);
            default:
                return Command(["up", .. files, "--force-recreate"]);
        }
    }

    private static string Machine(Random random) => ((string[])["front-1", "app-1", "redis-1"])[random.Next(3)];

    /// <summary>A command may fail, since what it works on was hit before; it must come to an end.</summary>
    private string Command(params string[] words)
    {
        var result = _node.Try(words);
        return $"figment {string.Join(' ', words)}: {result.Code} {result.Errors.Trim()}";
    }

    private static string Kill(Random random, string name, IReadOnlyList<int> processes)
    {
        if (processes.Count == 0)
        {
            return $"{name}: none is there";
        }

        int pid = processes[random.Next(processes.Count)];
        using var kill = Process.Start("kill", ["-KILL", $"{pid}"]);
        kill.WaitForExit();
        return $"kill -9 of {name} {pid}: {kill.ExitCode}";
    }

    private string? ProblemOf(Uri address)
    {
        try
        {
            using var answer = _http.GetAsync(address).Result;
            return answer.StatusCode == HttpStatusCode.OK ? null : $"{answer.StatusCode}";
        }
        catch (AggregateException exception)
        {
            return exception.InnerException!.Message;
        }
    }

    /// <summary>How many requests were answered with the page.</summary>
    private async Task<int> LoadAsync(Uri address, CancellationToken over)
    {
        int answered = 0;
        while (!over.IsCancellationRequested)
        {
            answered += await Task.Run(() => ProblemOf(address), CancellationToken.None) is null ? 1 : 0;
        }

        return answered;
    }
}
