using System.Globalization;

namespace Figment.Conformance.Tests.Stages;

/// <summary>Two network namespaces that stand for two nodes, with a wire between them whose rate is shaped in both directions.</summary>
internal sealed class NodeWire : IAsyncDisposable
{
    public const string AddressA = "192.0.2.1";
    public const string AddressB = "192.0.2.2";

    private const string Device = "wire";

    private static readonly string s_tag = "fgw" + Environment.ProcessId.ToString("x", CultureInfo.InvariantCulture);

    private static string A => s_tag + "a";

    private static string B => s_tag + "b";

    public static async Task<NodeWire> OpenAsync(CancellationToken cancellation)
    {
        var wire = new NodeWire();
        string make = $"""
            ip netns add {A}; ip netns add {B}
            ip link add {Device} netns {A} type veth peer name {Device} netns {B}
            for node in "{A} {AddressA}" "{B} {AddressB}"; do
              set -- $node
              ip -n "$1" link set lo up
              ip -n "$1" address add "$2/24" dev {Device}
              ip -n "$1" link set {Device} up
            done
            """;
        await Command.CheckedAsync(["sh", "-euc", make], null, cancellation);
        return wire;
    }

    /// <summary>Words before a command that is run at a node.</summary>
    public static IReadOnlyList<string> At(bool isB) => ["nsenter", $"--net=/run/netns/{(isB ? B : A)}"];

    /// <summary>The file of a node's network namespace.</summary>
    public static string Namespace(bool isB) => $"/run/netns/{(isB ? B : A)}";

    /// <summary>By a token bucket (tc-tbf(8)) at either end.</summary>
    public async Task ShapeAsync(int gigabits, CancellationToken cancellation)
    {
        foreach (string node in (string[])[A, B])
        {
            await Command.CheckedAsync(["tc", "-n", node, "qdisc", "replace", "dev", Device, "root", "tbf", "rate", FormattableString.Invariant($"{gigabits}gbit"), "burst", FormattableString.Invariant($"{gigabits * 256}kb"), "latency", "20ms"], null, cancellation);
        }
    }

    /// <summary>The service address of peers whose container has its node's network: at one node, and the neighbours know.</summary>
    public static async Task PlaceAsync(string address, bool atB, CancellationToken cancellation)
    {
        var (from, to) = atB ? (A, B) : (B, A);
        await Command.CheckedAsync(["sh", "-euc", $"ip -n {from} address del {address}/32 dev {Device} 2>/dev/null || :; ip -n {to} address replace {address}/32 dev {Device}; ip -n {from} neighbour flush dev {Device}; ip -n {from} route replace {address} dev {Device} 2>/dev/null; ip -n {to} route del {address} dev {Device} 2>/dev/null || :"], null, cancellation);
    }

    public async ValueTask DisposeAsync() => await Command.RunAsync(["sh", "-c", $"ip netns del {A}; ip netns del {B}"], null, CancellationToken.None);
}
