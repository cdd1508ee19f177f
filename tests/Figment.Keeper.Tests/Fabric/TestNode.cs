using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Figment.Keeper.Fabric;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;
using Figment.Model.Launch;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>
/// A node in a network namespace of its own, with an "outside" namespace behind its interface <c>lan0</c> (node 198.51.100.1, outside 198.51.100.2),
/// so that nothing of a test touches the machine's own tables.
/// </summary>
internal sealed partial class TestNode : IDisposable
{
    internal static readonly IPAddress NodeAddress = IPAddress.Parse("198.51.100.1");
    internal static readonly IPAddress OutsideAddress = IPAddress.Parse("198.51.100.2");

    private const int LoopbackIndex = 1;
    private readonly List<ApplicationFabric> _fabrics = [];

    internal TestNode()
    {
        Folder = Directory.CreateTempSubdirectory("figment-fabric-").FullName;
        Node = NewNamespace();
        Outside = NewNamespace();
        InNode(() =>
        {
            using var client = new RouteClient();
            client.AddVeth(new VethPair { Name = "lan0", PeerName = "lan0", PeerNamespace = Outside, Mtu = 1500 });
            client.AddAddress(client.FindLink("lan0")!.Index, NodeAddress, 24);
            return 0;
        });
        InOutside(() =>
        {
            using var client = new RouteClient();
            int link = client.FindLink("lan0")!.Index;
            client.AddAddress(link, OutsideAddress, 24);
            client.SetUp(link);
            return 0;
        });
    }

    internal string Folder { get; }

    internal Descriptor Node { get; }

    internal Descriptor Outside { get; }

    internal TestLog Log { get; } = new();

    internal T InNode<T>(Func<T> body) => NamespaceThread.Run(Node, NamespaceKind.Network, body);

    internal T InOutside<T>(Func<T> body) => NamespaceThread.Run(Outside, NamespaceKind.Network, body);

    internal static T In<T>(ApplicationFabric fabric, string machine, Func<T> body)
    {
        using var own = fabric.OpenMachine(machine);
        return NamespaceThread.Run(own, NamespaceKind.Network, body);
    }

    /// <summary>A keeper's fabric; the application's runtime folder is named after it.</summary>
    internal ApplicationFabric Fabric(string application)
    {
        string folder = Path.Combine(Folder, application);
        Directory.CreateDirectory(folder);
        var fabric = InNode(() => new ApplicationFabric(folder, TimeProvider.System, Log));
        _fabrics.Add(fabric);
        return fabric;
    }

    /// <summary>As if its keeper had been killed: what it made in the kernel stays.</summary>
    internal void Abandon(ApplicationFabric fabric)
    {
        _fabrics.Remove(fabric);
        fabric.Dispose();
    }

    /// <summary>Links, addresses, routes, nft and iptables of the node, and mounts of the test's folder.</summary>
    internal IReadOnlyList<string> State() =>
    [
        .. InNode(() =>
        {
            using var client = new RouteClient();
            return (string[])
            [
                .. client.Links().Select(link => link.ToString()),
                .. client.Addresses().Where(address => !address.Address.IsIPv6LinkLocal).Select(address => address.ToString()),
                .. client.Routes().Where(route => route.Destination.BaseAddress.AddressFamily == AddressFamily.InterNetwork).Select(route => route.ToString()),
                .. Counter().Replace(CommandHere("nft", "list", "ruleset"), "").Split('\n'),
                .. CommandHere("iptables", "-S").Split('\n'),
            ];
        }),
        .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Folder, StringComparison.Ordinal)),
    ];

    internal string Command(string program, params string[] arguments) => InNode(() => CommandHere(program, arguments));

    /// <summary>In the namespace of the calling thread.</summary>
    internal static string CommandHere(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }

    internal static string NewTag() => RandomNumberGenerator.GetHexString(6, lowercase: true);

    internal static NetworkLaunch Network(string name, int index, int block, bool isInternal = false) => new()
    {
        Name = name,
        Index = index,
        Subnet = $"10.77.{block}.0/24",
        Gateway = $"10.77.{block}.1",
        Uplink = $"10.78.{block}.0/30",
        Internal = isInternal,
    };

    internal static MachineLaunch Machine(string name, params InterfaceLaunch[] interfaces) => new()
    {
        Name = name,
        Service = name[..name.LastIndexOf('-')],
        Number = int.Parse(name[(name.LastIndexOf('-') + 1)..], null),
        Revision = "1",
        Hostname = name,
        Start = Model.Specs.StartMode.OnDemand,
        Interfaces = interfaces,
        Program = new ProgramLaunch { Arguments = ["true"] },
        Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "/nonexistent" },
    };

    internal static InterfaceLaunch Interface(string network, int block, int host, params string[] aliases) =>
        new() { Network = network, Address = $"10.77.{block}.{host}", Aliases = aliases };

    internal ApplicationLaunch Launch(string application, string tag, IReadOnlyList<NetworkLaunch> networks, params MachineLaunch[] machines) =>
        Launch(Folder, application, tag, networks, machines);

    internal static ApplicationLaunch Launch(string folder, string application, string tag, IReadOnlyList<NetworkLaunch> networks, params MachineLaunch[] machines) => new()
    {
        Application = application,
        Epoch = 1,
        RuntimeDirectory = Path.Combine(folder, application),
        StateDirectory = Path.Combine(folder, application),
        BoxPath = "/nonexistent",
        Tag = tag,
        Networks = networks,
        Machines = machines,
    };

    public void Dispose()
    {
        foreach (var fabric in _fabrics)
        {
            try
            {
                fabric.Remove();
            }
            finally
            {
                fabric.Dispose();
            }
        }

        Node.Dispose();
        Outside.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Rules of iptables count what passes them.</summary>
    [GeneratedRegex(@"packets \d+ bytes \d+")]
    private static partial Regex Counter();

    private static Descriptor NewNamespace() => NamespaceThread.RunInNew(NamespaceKind.Network, () =>
    {
        using var client = new RouteClient();
        client.SetUp(LoopbackIndex);
        return NamespaceThread.OpenOwn(NamespaceKind.Network);
    });
}
