using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Figment.Keeper.Fabric;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;
using Figment.Model.Launch;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>Nodes <c>a</c> (the home), <c>b</c>... with one application, tied by a network of their own (192.0.2.1, 192.0.2.2..., MTU 1500) that counts what they send each other.</summary>
internal sealed partial class TestSpan : IDisposable
{
    private const int UnderlayMtu = 1500;

    private readonly Descriptor _switch = NamespaceThread.RunInNew(NamespaceKind.Network, () => NamespaceThread.OpenOwn(NamespaceKind.Network));

    internal TestSpan(int nodes = 2)
    {
        Nodes = [.. Enumerable.Range(0, nodes).Select(_ => new TestNode())];
        NamespaceThread.Run(_switch, NamespaceKind.Network, () =>
        {
            using var client = new RouteClient();
            client.AddBridge("sw0", UnderlayMtu, [2, 0, 0, 0, 0, 1]);
            int bridge = client.FindLink("sw0")!.Index;
            client.SetUp(bridge);
            foreach (var (index, node) in Nodes.Index())
            {
                client.AddVeth(new VethPair { Name = $"to-{Name(index)}", PeerName = "und0", PeerNamespace = node.Node, Mtu = UnderlayMtu, Master = bridge });
            }

            return 0;
        });
        foreach (var (index, node) in Nodes.Index())
        {
            node.InNode(() =>
            {
                using var client = new RouteClient();
                int link = client.FindLink("und0")!.Index;
                client.AddAddress(link, Address(index), 24);
                client.SetUp(link);
                return 0;
            });
            node.Command("nft", "add table ip count { chain sent { type filter hook output priority 0; udp dport 4789 counter; }; }");
        }

        Fabrics = [.. Nodes.Select(node => node.Fabric("shop"))];
    }

    internal TestNode[] Nodes { get; }

    internal ApplicationFabric[] Fabrics { get; }

    internal static string Name(int node) => ((char)('a' + node)).ToString();

    internal static IPAddress Address(int node) => new([192, 0, 2, (byte)(node + 1)]);

    internal static NetworkLaunch SpanNetwork(string name, int index, int block, bool isInternal = false) =>
        TestNode.Network(name, index, block, isInternal) with { Vni = 1000 + index };

    internal static MachineLaunch Machine(string name, int node, params InterfaceLaunch[] interfaces) => TestNode.Machine(name, interfaces) with { Node = Name(node) };

    internal static ApplicationLaunch Launch(IReadOnlyList<NetworkLaunch> networks, params MachineLaunch[] machines) =>
        TestNode.Launch("/nonexistent", "shop", "abc123", networks, machines);

    /// <summary>The launch as one node has it.</summary>
    internal ApplicationLaunch For(ApplicationLaunch launch, int node, int home = 0) => launch with
    {
        Span = new SpanLaunch
        {
            Node = Name(node),
            Address = Address(node).ToString(),
            Home = Name(home),
            Peers = [.. Enumerable.Range(0, Nodes.Length).Where(peer => peer != node).Select(peer => new PeerLaunch { Node = Name(peer), Address = Address(peer).ToString() })],
        },
    };

    internal void Apply(ApplicationLaunch launch, int home = 0)
    {
        foreach (var (index, fabric) in Fabrics.Index())
        {
            fabric.Apply(For(launch, index, home));
        }
    }

    internal T In<T>(int node, string machine, Func<T> body) => TestNode.In(Fabrics[node], machine, body);

    internal string Command(int node, string machine, string program, params string[] arguments) => In(node, machine, () => TestNode.CommandHere(program, arguments));

    internal string Router(int node, int network, string program, params string[] arguments)
    {
        using var own = new Linux.NetworkNamespaces.NamespaceFolder(Pins(node)).TryOpen($"router.{network}") ?? throw new InvalidOperationException($"no router {network} at {Name(node)}");
        return NamespaceThread.Run(own, NamespaceKind.Network, () => TestNode.CommandHere(program, arguments));
    }

    internal string Pins(int node) => Path.Combine(Nodes[node].Folder, "shop", "netns");

    /// <summary>Encapsulated packets that the node has sent.</summary>
    internal int Sent(int node) => int.Parse(Counted().Match(Nodes[node].Command("nft", "list", "table", "ip", "count")).Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>As if a node's keeper had been killed and the next one had begun.</summary>
    internal void Replace(int node)
    {
        Nodes[node].Abandon(Fabrics[node]);
        Fabrics[node] = Nodes[node].Fabric("shop");
    }

    /// <summary>Everything of a node that a second Apply must leave alone.</summary>
    internal IReadOnlyList<string> Everything(int node)
    {
        var state = Nodes[node].State().ToList();
        foreach (string pin in Directory.GetFiles(Pins(node)).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal))
        {
            using var own = new Linux.NetworkNamespaces.NamespaceFolder(Pins(node)).TryOpen(pin);
            if (own is null)
            {
                continue;
            }

            state.AddRange(NamespaceThread.Run(own, NamespaceKind.Network, () =>
            {
                using var client = new RouteClient();
                return client.Links().Select(link => link.ToString())
                    .Concat(client.Addresses().Select(address => address.ToString()))
                    .Concat(client.Routes().Select(route => route.ToString()))
                    .Concat(client.Neighbors().Where(neighbor => neighbor.IsPermanent).Select(neighbor => neighbor.ToString()))
                    .Concat(new ForwardingClient(client).Entries().Where(entry => entry.IsFixed).Select(entry => entry.ToString()))
                    .Concat(new QueueClient(client).Queues().Select(queue => queue.ToString()))
                    .Select(line => $"{pin}: {line}")
                    .ToList();
            }));
        }

        return state;
    }

    public void Dispose()
    {
        foreach (var node in Nodes)
        {
            node.Dispose();
        }

        _switch.Dispose();
    }

    [GeneratedRegex(@"counter packets (\d+)")]
    private static partial Regex Counted();
}
