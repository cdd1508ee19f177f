using System.Text;
using Figment.Api.Contract;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Conformance.Tests.Stages;

/// <summary>The same Compose files under Figment: nothing runs until the steps connect.</summary>
internal sealed class FigmentStage(FigmentNode node, IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) : IStage
{
    private const string ClientMachine = "client-1";
    private static readonly TimeSpan ClientLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FreezeLimit = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);
    private static readonly SignalKind[] s_fromOthers = [SignalKind.Connection, SignalKind.Datagram, SignalKind.Connect, SignalKind.Dependency];
    private static int s_last;

    private readonly FigmentCommand _command = new(node);
    private readonly Mover? _mover;
    private readonly string _application = FormattableString.Invariant($"conformance-{Environment.ProcessId:x}-{Interlocked.Increment(ref s_last)}");

    /// <summary>In the end every machine that runs is frozen.</summary>
    public bool AllFreeze { get; init; }

    /// <summary>In the end every machine that runs is on storage, or cannot go there and says why, and comes back.</summary>
    public bool AllHibernate { get; init; }

    /// <summary>Before each step a machine moves to the second of these nodes, or back to the first, and in the end all have been there; null: none moves.</summary>
    public NodePair? MovesBetween
    {
        init => _mover = value is null ? null : new Mover(value, _application, ClientMachine);
    }

    public IReadOnlyDictionary<string, string> Addresses { get; private set; } = new Dictionary<string, string>();

    public async Task UpAsync(CancellationToken cancellation)
    {
        await _command.UpAsync(_application, files, environment, cancellation);
        IReadOnlyList<MachineView> machines = await _command.MachinesAsync(_application, cancellation);
        Addresses = machines.ToDictionary(machine => machine.Machine, machine => machine.Addresses[0].Value);
        if (!machines.Any(machine => machine.Machine != ClientMachine && machine.Cause?.Kind == SignalKind.Eager))
        {
            Assert.All(machines.Where(machine => machine.Machine != ClientMachine), machine => Assert.Equal(MachineState.Imaginary, machine.State));
        }

        if (Addresses.ContainsKey(ClientMachine))
        {
            await Deadline.UntilAsync(ClientLimit, () => "the client runs", () => RunsAsync(ClientMachine, cancellation), cancellation);
        }
    }

    public Task ReadyAsync(string machine, int port, CancellationToken cancellation) => Task.CompletedTask;

    public async Task<Outcome> ExecuteAsync(string machine, IReadOnlyList<string> command, CancellationToken cancellation)
    {
        await (_mover?.NextAsync(cancellation) ?? Task.CompletedTask);
        return await (await AtAsync(machine, cancellation)).ExecuteAsync(_application, machine, command, cancellation);
    }

    public async Task<string> PublishedAsync(string service, int port, CancellationToken cancellation)
        => (await _command.PortAsync(_application, service, port, cancellation)).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);

    public async Task<Outcome> ExecuteOutsideAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        await (_mover?.NextAsync(cancellation) ?? Task.CompletedTask);
        return await Command.RunAsync([.. node.Prefix, .. command], null, cancellation);
    }

    public async Task StopAsync(string machine, CancellationToken cancellation) => await (await AtAsync(machine, cancellation)).StopAsync(_application, machine, cancellation);

    public async Task StartAsync(string machine, CancellationToken cancellation) => await (await AtAsync(machine, cancellation)).StartAsync(_application, machine, cancellation);

    /// <summary>Each machine that was started is known to have come up, for a reason that the ledger tells, and at least one because another needed it.</summary>
    public async Task VerifyAsync(CancellationToken cancellation)
    {
        await Deadline.UntilAsync(StartLimit, () => "no machine is Starting any more", () => NoneStartsAsync(cancellation), cancellation);
        await (_mover?.ReturnAsync(cancellation) ?? Task.CompletedTask);
        var causes = new List<SignalKind>();
        foreach (MachineView machine in await _command.MachinesAsync(_application, cancellation))
        {
            IReadOnlyList<EventView> events = await _command.WhyAsync(_application, machine.Machine, cancellation);
            causes.AddRange(events.Where(entry => entry.Event.To == MachineState.Starting).Select(entry => entry.Event.Cause.Kind));
            Assert.True(machine.State == MachineState.Imaginary || events.Count > 0, $"{machine.Machine} is {machine.State} and the ledger does not say why");
        }

        Assert.Contains(causes, cause => s_fromOthers.Contains(cause));
        if (AllHibernate)
        {
            await ComeBackAsync(cancellation);
        }

        if (AllFreeze)
        {
            string awake = "";
            await Deadline.UntilAsync(
                FreezeLimit,
                () => $"all machines are frozen; {awake}",
                async () =>
                {
                    awake = string.Join(", ", (await _command.MachinesAsync(_application, cancellation)).Where(machine => machine.State is not (MachineState.Frozen or MachineState.Imaginary)).Select(machine => $"{machine.Machine} is {machine.State}{(machine.NotIdle is { } busy ? $" ({busy})" : "")}"));
                    return awake.Length == 0;
                },
                cancellation);
        }
    }

    public async Task<string> DescribeAsync(CancellationToken cancellation)
    {
        var text = new StringBuilder();
        foreach (MachineView machine in await _command.MachinesAsync(_application, cancellation))
        {
            text.Append("== ").Append(machine.Machine).Append(' ').Append(machine.State).Append(" because of ").Append(machine.Cause?.ToString() ?? "nothing").Append('\n')
                .Append(await _command.LogsAsync(_application, machine.Machine, cancellation)).Append('\n');
        }

        return text.Append("== figmentd\n").Append(node.ReadLog()).Append(_mover?.Describe()).ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _command.DownAsync(_application, CancellationToken.None);
        Assert.True(await _command.IsGoneAsync(_application, CancellationToken.None), $"application {_application} is still there after down");
    }

    private async Task ComeBackAsync(CancellationToken cancellation)
    {
        string awake = "";
        await Deadline.UntilAsync(
            FreezeLimit,
            () => $"all machines are on storage; {awake}",
            async () =>
            {
                awake = string.Join(", ", (await _command.MachinesAsync(_application, cancellation)).Where(machine => !IsAtRest(machine)).Select(machine => $"{machine.Machine} is {machine.State}{(machine.NotIdle is { } busy ? $" ({busy})" : "")}"));
                return awake.Length == 0;
            },
            cancellation);
        IReadOnlyList<MachineView> machines = await _command.MachinesAsync(_application, cancellation);
        foreach (MachineView machine in machines.Where(machine => machine.State == MachineState.Frozen))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{machine.Machine} stays in memory: {machine.NotStored}");
        }

        foreach (MachineView machine in machines.Where(machine => machine.State == MachineState.Hibernated))
        {
            Outcome outcome = await _command.ExecuteAsync(_application, machine.Machine, ["true"], cancellation);
            Assert.True(outcome.ExitCode == 0, $"{machine.Machine}: {outcome}");
        }

        Assert.All(await _command.MachinesAsync(_application, cancellation), machine => Assert.True(machine.State is not (MachineState.Failed or MachineState.Starting), $"{machine.Machine} is {machine.State}: {machine.Cause}"));
    }

    private static bool IsAtRest(MachineView machine) =>
        machine.State is MachineState.Hibernated or MachineState.Imaginary || machine is { State: MachineState.Frozen, NotStored: not null };

    private Task<FigmentCommand> AtAsync(string machine, CancellationToken cancellation) => _mover?.AtAsync(machine, cancellation) ?? Task.FromResult(_command);

    private async Task<bool> NoneStartsAsync(CancellationToken cancellation)
        => !(await _command.MachinesAsync(_application, cancellation)).Any(found => found.State == MachineState.Starting);

    private async Task<bool> RunsAsync(string machine, CancellationToken cancellation)
        => (await _command.MachinesAsync(_application, cancellation)).Any(found => found.Machine == machine && found.State is MachineState.Running or MachineState.Frozen);
}
