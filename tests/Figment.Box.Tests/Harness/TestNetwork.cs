using System.Diagnostics;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Placeholders;

namespace Figment.Box.Tests.Harness;

/// <summary>A machine's namespace with <c>eth0</c> = 10.213.0.2 and fd00:213::2, and a client's namespace on the other end of the pair with .1 and .3.</summary>
internal sealed class TestNetwork : IDisposable
{
    public const string MachineAddress = "10.213.0.2";
    public const string ClientAddress = "10.213.0.1";
    public const string OtherAddress = "10.213.0.3";
    public const string Cidr = "10.213.0.0/24";

    private static int s_last;

    private readonly string _machineName;
    private readonly string _clientName;

    public TestNetwork()
    {
        string tag = $"bx{Environment.ProcessId}x{Interlocked.Increment(ref s_last)}";
        (_machineName, _clientName) = (tag + "m", tag + "c");
        Ip($"netns add {_machineName}");
        Ip($"netns add {_clientName}");
        Ip($"-n {_machineName} link add eth0 type veth peer name eth0 netns {_clientName}");
        foreach (var (name, v4, v6) in new[] { (_machineName, MachineAddress, "fd00:213::2"), (_clientName, ClientAddress, "fd00:213::1") })
        {
            Ip($"-n {name} link set lo up");
            Ip($"-n {name} link set eth0 up");
            Ip($"-n {name} addr add {v4}/24 dev eth0");
            Ip($"-n {name} addr add {v6}/64 dev eth0 nodad");
        }

        Ip($"-n {_clientName} addr add {OtherAddress}/24 dev eth0");
        Machine = FileCalls.Open($"/run/netns/{_machineName}", FileCalls.O_RDONLY);
        Client = FileCalls.Open($"/run/netns/{_clientName}", FileCalls.O_RDONLY);
    }

    private TestNetwork(TestNetwork other)
    {
        (_machineName, _clientName) = (other._machineName + "b", other._clientName);
        string mac = Output("ip", ["-n", other._machineName, "-o", "link", "show", "eth0"]).Split("link/ether ")[1].Split(' ')[0];
        Ip($"netns add {_machineName}");
        Ip($"-n {_machineName} link add eth0 address {mac} type veth peer name eth1 netns {_clientName}");
        Ip($"-n {_machineName} link set lo up");
        Ip($"-n {_machineName} link set eth0 up");
        Ip($"-n {_machineName} addr add {MachineAddress}/24 dev eth0");
        Ip($"-n {_machineName} addr add fd00:213::2/64 dev eth0 nodad");
        Machine = FileCalls.Open($"/run/netns/{_machineName}", FileCalls.O_RDONLY);
        Client = FileCalls.Open($"/run/netns/{_clientName}", FileCalls.O_RDONLY);
    }

    public string MachineName => _machineName;

    public Descriptor Machine { get; }

    public Descriptor Client { get; }

    /// <summary>Another namespace with the machine's addresses, as on another node: nobody reaches it before <see cref="Switch"/>. Dispose it first.</summary>
    public TestNetwork Twin() => new(this);

    /// <summary>The client reaches the twin instead.</summary>
    public void Switch()
    {
        Ip($"-n {_clientName} link set eth0 down");
        Ip($"-n {_clientName} addr flush dev eth0");
        Ip($"-n {_clientName} link set eth1 up");
        foreach (string address in new[] { $"{ClientAddress}/24", $"{OtherAddress}/24", "fd00:213::1/64" })
        {
            Ip($"-n {_clientName} addr add {address} dev eth1{(address.Contains("::", StringComparison.Ordinal) ? " nodad" : "")}");
        }
    }

    /// <summary>A placeholder, made as the keeper makes it.</summary>
    public Descriptor Placeholder(int port, bool dualStack = false, bool udp = false) =>
        InMachine(() => udp ? PlaceholderSocket.BindDatagram(port, dualStack) : PlaceholderSocket.Listen(port, dualStack));

    public T InClient<T>(Func<T> body) => NamespaceThread.Run(Client, NamespaceKind.Network, body);

    public T InMachine<T>(Func<T> body) => NamespaceThread.Run(Machine, NamespaceKind.Network, body);

    /// <summary>What the client sends to complete a connection is lost from now on, or is not any more.</summary>
    public void LoseHandshakes(bool lose) => InClient(() => Run("nft", [lose ? "table ip lossy { chain output { type filter hook output priority 0; tcp flags & (syn | ack) == ack drop; }; }" : "delete table ip lossy"]));

    public void Dispose()
    {
        Machine.Dispose();
        Client.Dispose();
        Ip($"netns del {_machineName}");
        if (!IsTwin)
        {
            Ip($"netns del {_clientName}");
        }
    }

    private bool IsTwin => _machineName.EndsWith("mb", StringComparison.Ordinal);

    private static string Output(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    private static void Ip(string arguments) => Run("ip", arguments.Split(' '));

    private static bool Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
        return true;
    }
}
