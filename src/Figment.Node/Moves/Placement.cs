using Figment.Model.Launch;

namespace Figment.Node.Moves;

/// <summary>At which nodes the machines of an application are. The home node began it: it has its gateways, its DNS and its published ports.</summary>
public sealed record Placement
{
    /// <summary>A node's name.</summary>
    public required string Home { get; init; }

    /// <summary>The nodes that take part, each with the IPv4 address at which the others reach it.</summary>
    public IReadOnlyDictionary<string, string> Nodes { get; init; } = new Dictionary<string, string>();

    /// <summary>Machines that have moved; the others are at home.</summary>
    public IReadOnlyDictionary<string, PlacedMachine> Machines { get; init; } = new Dictionary<string, PlacedMachine>();

    /// <summary>The networks' numbers between nodes.</summary>
    public IReadOnlyDictionary<string, int> Networks { get; init; } = new Dictionary<string, int>();

    /// <summary>Not at home: machines of services that have none here, as far as names and addresses go.</summary>
    public IReadOnlyList<MachineLaunch> Others { get; init; } = [];

    public string NodeOf(string machine) => Machines.TryGetValue(machine, out var placed) ? placed.Node : Home;

    /// <summary>Counts a machine's moves: a node that knows less of them has not got it any more.</summary>
    public long EpochOf(string machine) => Machines.TryGetValue(machine, out var placed) ? placed.Epoch : 0;

    public Placement With(string machine, string node, long epoch) => this with
    {
        Machines = new SortedDictionary<string, PlacedMachine>(Machines.ToDictionary(), StringComparer.Ordinal) { [machine] = new PlacedMachine(node, epoch) },
    };

    /// <summary>Whether a machine that has moved is at this node.</summary>
    public bool Has(string node) => Machines.Values.Any(machine => machine.Node == node);

    /// <summary>A launch record as the keeper of one of the nodes needs it.</summary>
    public ApplicationLaunch Apply(ApplicationLaunch launch, string node) => launch with
    {
        Networks = [.. launch.Networks.Select(network => network with { Vni = Networks.GetValueOrDefault(network.Name) })],
        Machines = [.. launch.Machines.Select(machine => machine with { Node = NodeOf(machine.Name) is var at && at == node ? null : at })],
        Span = new SpanLaunch
        {
            Node = node,
            Address = Nodes[node],
            Home = Home,
            Peers = [.. Nodes.Where(other => other.Key != node).OrderBy(other => other.Key, StringComparer.Ordinal).Select(other => new PeerLaunch { Node = other.Key, Address = other.Value })],
        },
    };
}
