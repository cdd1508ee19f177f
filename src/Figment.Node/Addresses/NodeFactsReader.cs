using Figment.Model.Specs;
using Figment.Node.Journal;
using Figment.Node.Planning;

namespace Figment.Node.Addresses;

/// <summary>Takes the snapshot of the node that planning works on.</summary>
internal static class NodeFactsReader
{
    /// <summary>resolv.conf(5) knows three.</summary>
    private const int ServersMax = 3;

    /// <param name="journal">Knows what other applications hold.</param>
    /// <param name="application">Whose own ports and networks do not count as taken.</param>
    public static NodeFacts Read(NodeJournal journal, string application)
    {
        var others = new List<(string, Ipv4Range)>();
        var busy = new HashSet<PortSpec>(NodeNetworks.BusyPorts());
        foreach (var (owner, held) in journal.Allocations())
        {
            if (owner == application)
            {
                continue;
            }

            foreach (var allocation in held)
            {
                if (allocation.Kind is AllocationKind.Subnet or AllocationKind.Uplink)
                {
                    others.Add((owner, Ipv4Range.Parse(allocation.Value)));
                }
            }
        }

        return new NodeFacts
        {
            NodeNetworks = NodeNetworks.Taken([.. journal.Applications().Select(known => known.Tag)]),
            OtherApplications = others,
            BusyPorts = busy,
            UpstreamDns = Servers("/etc/resolv.conf"),
        };
    }

    internal static IReadOnlyList<string> Servers(string path) =>
        File.Exists(path)
            ? [.. File.ReadLines(path)
                .Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields is ["nameserver", ..] && fields.Length > 1 && System.Net.IPAddress.TryParse(fields[1], out _))
                .Select(fields => fields[1])
                .Take(ServersMax)]
            : [];
}
