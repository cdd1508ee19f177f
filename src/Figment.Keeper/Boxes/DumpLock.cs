using Figment.Keeper.Fabric;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;

namespace Figment.Keeper.Boxes;

/// <summary>
/// The tables by which CRIU keeps packets away from a machine that is dumped. A box takes them away; one that is killed meanwhile leaves them, and nobody would ever reach the machine's next program.
/// </summary>
internal static class DumpLock
{
    private const string Family = "inet";
    private const string Prefix = "CRIU-";

    /// <summary>Packets pass again.</summary>
    /// <param name="network">The machine's.</param>
    /// <exception cref="FabricException">They could not be taken away.</exception>
    public static void Remove(Descriptor network)
    {
        string nft = NodeCommand.Find("nft") ?? throw new FabricException("nft is not installed; apt-get install nftables");
        NamespaceThread.Run(network, NamespaceKind.Network, () =>
        {
            foreach (string name in Run(nft, "list", "tables", Family).Split('\n').Select(line => line.Split(' ')).Where(words => words is ["table", Family, _] && words[2].StartsWith(Prefix, StringComparison.Ordinal)).Select(words => words[2]))
            {
                Run(nft, "delete", "table", Family, name);
            }

            return 0;
        });
    }

    private static string Run(string nft, params string[] arguments)
    {
        var (exitCode, output, error) = NodeCommand.Run(nft, arguments);
        return exitCode == 0 ? output : throw new FabricException($"a table of CRIU's may keep packets away: nft {string.Join(' ', arguments)}: {error.Trim()}");
    }
}
