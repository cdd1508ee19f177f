using System.Text;
using Figment.Conformance.Tests.Compose;

namespace Figment.Conformance.Tests.Stages;

/// <summary>The programs of a Compose file as plain processes, each in a network namespace with its own address on one bridge.</summary>
internal sealed class NativeStage : IStage
{
    // The subnet exists in namespaces only; nothing of it is routed on the node.
    private const string Subnet = "10.213.0.";
    private const int FirstHost = 2;
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static int s_last;

    private readonly string _tag = FormattableString.Invariant($"fgc{Environment.ProcessId:x}x{Interlocked.Increment(ref s_last)}");
    private readonly string _folder;
    private readonly List<NativeMachine> _machines = [];

    public NativeStage(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment)
    {
        _folder = Path.Combine(Path.GetTempPath(), _tag);
        foreach (ComposeService service in ComposeReader.Read(files, environment))
        {
            for (int number = 1; number <= service.Replicas; number++)
            {
                string name = FormattableString.Invariant($"{service.Name}-{number}");
                int index = _machines.Count;
                _machines.Add(new NativeMachine(service, name, FormattableString.Invariant($"{Subnet}{FirstHost + index}"), $"{_tag}-{index}", Path.Combine(_folder, name)));
            }
        }

        Addresses = _machines.ToDictionary(machine => machine.Name, machine => machine.Address);
    }

    public IReadOnlyDictionary<string, string> Addresses { get; }

    private string BridgeNamespace => _tag + "-br";

    private string HostsFile => Path.Combine(_folder, "hosts");

    public async Task UpAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(_folder);
        await File.WriteAllTextAsync(HostsFile, Hosts(), cancellation);
        await Command.CheckedAsync(["sh", "-euc", NetworkScript()], null, cancellation);
        foreach (NativeMachine machine in _machines)
        {
            await machine.StartAsync(HostsFile, Path.Combine(_folder, "volumes"), cancellation);
        }
    }

    public Task ReadyAsync(string machine, int port, CancellationToken cancellation)
    {
        NativeMachine found = Find(machine);
        return Deadline.UntilAsync(ReadyLimit, () => $"{machine} opens port {port}", () => Task.FromResult(found.IsOpen(port)), cancellation);
    }

    public Task<Outcome> ExecuteAsync(string machine, IReadOnlyList<string> command, CancellationToken cancellation)
        => Command.RunAsync(Find(machine).Enter(command), null, cancellation);

    public async Task<string> PublishedAsync(string service, int port, CancellationToken cancellation)
    {
        await ReadyAsync(service + "-1", port, cancellation);
        return FormattableString.Invariant($"{Find(service + "-1").Address}:{port}");
    }

    public Task<Outcome> ExecuteOutsideAsync(IReadOnlyList<string> command, CancellationToken cancellation)
        => Command.RunAsync(["ip", "netns", "exec", BridgeNamespace, .. command], null, cancellation);

    public Task StopAsync(string machine, CancellationToken cancellation) => Find(machine).StopAsync(cancellation);

    public Task StartAsync(string machine, CancellationToken cancellation) => Find(machine).StartAsync(HostsFile, Path.Combine(_folder, "volumes"), cancellation);

    public Task VerifyAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<string> DescribeAsync(CancellationToken cancellation) => Task.FromResult(string.Join('\n', _machines.Select(machine => machine.ReadLog())));

    public async ValueTask DisposeAsync()
    {
        foreach (NativeMachine machine in _machines)
        {
            await machine.StopAsync(CancellationToken.None);
            machine.Dispose();
        }

        IEnumerable<string> names = _machines.Select(machine => machine.NetworkNamespace).Append(BridgeNamespace);
        await Command.CheckedAsync(["sh", "-c", string.Join('\n', names.Select(name => $"ip netns del {name} 2>/dev/null || :"))], null, CancellationToken.None);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private NativeMachine Find(string name)
        => _machines.Find(machine => machine.Name == name) ?? throw new ArgumentException($"the Compose file has no machine {name}", nameof(name));

    private string Hosts()
    {
        var text = new StringBuilder("127.0.0.1 localhost\n::1 localhost\n");
        foreach (NativeMachine machine in _machines)
        {
            // Its own host name first, so that a reverse look-up of the machine's address gives it.
            IEnumerable<string> names = new[] { machine.Hostname, machine.Name, machine.Service.Name }.Distinct();
            text.Append(machine.Address).Append(' ').AppendJoin(' ', names).Append('\n');
        }

        return text.ToString();
    }

    private string NetworkScript()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
        Line($"ip netns add {BridgeNamespace}");
        Line($"ip -n {BridgeNamespace} link set lo up");
        Line($"ip -n {BridgeNamespace} link add br0 type bridge");
        Line($"ip -n {BridgeNamespace} link set br0 up");
        Line($"ip -n {BridgeNamespace} addr add {Subnet}1/24 dev br0");
        for (int index = 0; index < _machines.Count; index++)
        {
            NativeMachine machine = _machines[index];
            Line($"ip netns add {machine.NetworkNamespace}");
            Line($"ip -n {BridgeNamespace} link add v{index} type veth peer name eth0 netns {machine.NetworkNamespace}");
            Line($"ip -n {BridgeNamespace} link set v{index} master br0 up");
            Line($"ip -n {machine.NetworkNamespace} link set lo up");
            Line($"ip -n {machine.NetworkNamespace} link set eth0 up");
            Line($"ip -n {machine.NetworkNamespace} addr add {machine.Address}/24 dev eth0");
            Line($"ip -n {machine.NetworkNamespace} route add default via {Subnet}1");
        }

        return text.ToString();
    }
}
