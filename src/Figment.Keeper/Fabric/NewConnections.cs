using Figment.Linux.Files;
using Figment.Linux.Namespaces;

namespace Figment.Keeper.Fabric;

/// <summary>
/// New TCP connections to a machine that moves go another way than those that there are: a table of nft's for a port of it, in the router (kernels from 5.16 on, with <c>nft_fwd_netdev</c>).
/// A handshake that has begun at one node cannot be ended at another.
/// </summary>
internal static class NewConnections
{
    private const string Prefix = "figment_new_";
    private const string First = "tcp flags & (fin | syn | rst | ack) == syn";

    /// <summary>They go where the way to the other nodes leads.</summary>
    /// <returns>Null, or why not.</returns>
    internal static string? Divert(Descriptor router, string port) => Run(router, $$"""
        {{Removal(port)}}
        table netdev {{Prefix}}{{port}} {
          chain out {
            type filter hook egress device "{{port}}" priority filter; policy accept;
            {{First}} fwd to "{{FabricNames.Vxlan}}"
          }
        }

        """);

    /// <summary>They come to a port that is not at its bridge yet, from this node's machines and from the other nodes.</summary>
    /// <returns>Null, or why not.</returns>
    internal static string? Take(Descriptor router, string port, byte[] macAddress) => Run(router, $$"""
        {{Removal(port)}}
        table netdev {{Prefix}}{{port}} {
          chain out {
            type filter hook egress device "{{FabricNames.Vxlan}}" priority filter; policy accept;
            ether daddr {{FabricNames.MacText(macAddress)}} {{First}} fwd to "{{port}}"
          }
          chain in {
            type filter hook ingress device "{{FabricNames.Vxlan}}" priority filter; policy accept;
            ether daddr {{FabricNames.MacText(macAddress)}} {{First}} fwd to "{{port}}"
          }
        }

        """);

    /// <summary>They go as all others do.</summary>
    internal static void Forget(Descriptor router, IEnumerable<string> ports) => Run(router, string.Concat(ports.Select(Removal)));

    private static string Removal(string port) => $"table netdev {Prefix}{port} {{}}\ndelete table netdev {Prefix}{port}\n";

    private static string? Run(Descriptor router, string rules)
    {
        if (NodeCommand.Find("nft") is not { } nft)
        {
            return "nft is not installed; apt-get install nftables";
        }

        var (exitCode, _, error) = NamespaceThread.Run(router, NamespaceKind.Network, () => NodeCommand.Run(nft, ["-f", "-"], rules));
        return exitCode == 0 ? null : error.Trim();
    }
}
