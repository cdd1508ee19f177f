using System.Diagnostics;
using System.Globalization;
using Figment.Api.Contract;
using Figment.Conformance.Tests.Stages;
using Figment.Model.States;

namespace Figment.Conformance.Tests.Conversations;

/// <summary>A server's application at the first of two nodes, and its clients. It comes up with a client's machine, in whose network the clients are.</summary>
internal sealed class ServedApplication : IAsyncDisposable
{
    private const string Client = "client-1";
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(90);

    private readonly Server _server;
    private readonly string _name;
    private readonly FigmentNode _home;

    private ServedApplication(NodePair nodes, Server server)
    {
        (_server, _home) = (server, nodes.A);
        _name = $"served-{server.Name}";
        (A, B) = (new FigmentCommand(nodes.A), new FigmentCommand(nodes.B));
    }

    public FigmentCommand A { get; }

    public FigmentCommand B { get; }

    public string Name => _name;

    /// <summary>Which is asked, put on storage and moved.</summary>
    public string Machine { get; private set; } = "";

    public string Address { get; private set; } = "";

    private IReadOnlyList<string> Network => ["nsenter", $"--net={Path.Combine(_home.Environment["FIGMENT_RUNTIME_DIR"], "apps", _name, "netns", Client)}"];

    public static IReadOnlyList<string> Files(Server server)
    {
        string tests = Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests");
        return [Path.Combine(tests, "Conversations", "Files", server.Name + ".yaml"), Path.Combine(tests, "Scenarios", "client.yaml")];
    }

    public static IReadOnlyDictionary<string, string> Variables(Server server) =>
        new Dictionary<string, string>(server.Variables) { ["CONFORMANCE_CLIENTS"] = Path.GetDirectoryName(Talk.Script)! };

    /// <summary>Comes up, and the server can be asked.</summary>
    public static async Task<ServedApplication> UpAsync(NodePair nodes, Server server, CancellationToken cancellation)
    {
        var application = new ServedApplication(nodes, server);
        try
        {
            await application.A.UpAsync(application._name, Files(server), Variables(server), cancellation);
            foreach (string machine in server.Machines)
            {
                await application.A.StartAsync(application._name, machine, cancellation);
            }

            await application.ReadyAsync(cancellation);
            application.Machine = await application.FindAsync(cancellation);
            application.Address = (await application.A.MachinesAsync(application._name, cancellation)).Single(machine => machine.Machine == application.Machine).Addresses[0].Value;
            if (server.Prepare.Count > 0)
            {
                await application.InClientAsync(server.Prepare, cancellation);
            }

            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    public Task<Talk> TalkAsync(long first, CancellationToken cancellation) => Talk.BeginAsync(Network, _server, Address, first, cancellation);

    /// <summary>A client of its own that gets so many numbers.</summary>
    public async Task<Outcome> TryAskAsync(long first, int count, CancellationToken cancellation) =>
        await Command.RunAsync(
            [.. Network, "python3", Talk.Script, _server.Kind, Address, first.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture)],
            null,
            cancellation);

    /// <summary>What keeps the server busy; null: nothing does.</summary>
    public Process? Load()
    {
        if (_server.Load.Count == 0)
        {
            return null;
        }

        string[] words = [.. Network, .. _server.Load.Select(word => word == "ADDRESS" ? Address : word)];
        return Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true });
    }

    public async Task MoveAsync(bool toB, CancellationToken cancellation)
    {
        await (toB ? A : B).MigrateAsync(_name, Machine, toB ? "b" : "a", "auto", cancellation);
        MachineView there = (await (toB ? B : A).MachinesAsync(_name, cancellation)).Single(machine => machine.Machine == Machine);
        Assert.Equal(MachineState.Running, there.State);
    }

    public async Task<string> InClientAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        Outcome outcome = await A.ExecuteAsync(_name, Client, command, cancellation);
        return outcome.ExitCode == 0 ? outcome.Output.Trim() : throw new InvalidOperationException($"{string.Join(' ', command)}: {outcome}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!await A.IsGoneAsync(_name, CancellationToken.None))
        {
            await A.DownAsync(_name, CancellationToken.None);
        }

        Assert.True(await A.IsGoneAsync(_name, CancellationToken.None) && await B.IsGoneAsync(_name, CancellationToken.None), $"{_name} is still there after down");
    }

    private async Task ReadyAsync(CancellationToken cancellation)
    {
        if (_server.Ready is not var (command, output))
        {
            return;
        }

        Outcome? last = null;
        await Deadline.UntilAsync(
            ReadyLimit,
            () => $"{_server.Name} can be asked; {last}",
            async () => (last = await A.ExecuteAsync(_name, Client, command, cancellation)) is { ExitCode: 0 } && last.Output.Trim() == output,
            cancellation);
    }

    private async Task<string> FindAsync(CancellationToken cancellation)
    {
        if (_server.Role is null)
        {
            return _server.Machines[0];
        }

        foreach (string machine in _server.Machines)
        {
            string role = await InClientAsync(["python3", "/clients/zookeeper.py", "roles", machine], cancellation);
            if (role == _server.Role + ":1")
            {
                return machine;
            }
        }

        throw new InvalidOperationException($"no member is {_server.Role}");
    }
}
