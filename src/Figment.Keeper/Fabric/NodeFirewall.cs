namespace Figment.Keeper.Fabric;

/// <summary>Puts the application's rules on the node and takes them away. Called on a thread in the node's namespace.</summary>
internal sealed class NodeFirewall(string tag, IFabricLog log)
{
    private const string DockerChain = "DOCKER-USER";

    private readonly string _comment = FabricNames.Table(tag);

    internal void Apply(FabricPlan plan)
    {
        Nft(Firewall.Rules(plan), "make");
        OpenIptables();
    }

    /// <summary>Puts back what others have flushed (a restart of nftables.service, Docker or ufw started later). Changes nothing where nothing is missing.</summary>
    internal void Repair(FabricPlan plan)
    {
        if (NodeCommand.Find("nft") is { } nft && NodeCommand.Run(nft, ["list", "tables", "inet"]) is (0, var tables, _) && !tables.Split('\n').Contains($"table inet {_comment}"))
        {
            Nft(Firewall.Rules(plan), "make");
            log.Warning($"the nft table inet {_comment} was removed by somebody, perhaps with all others (nft flush ruleset); it is there again");
        }

        OpenIptables();
    }

    internal void Remove()
    {
        if (NodeCommand.Find("nft") is not null)
        {
            Nft(Firewall.Remove(tag), "remove");
        }

        if (NodeCommand.Find("iptables") is { } iptables)
        {
            foreach (string chain in (ReadOnlySpan<string>)["FORWARD", DockerChain])
            {
                foreach (string rule in Ours(Rules(iptables, chain)))
                {
                    Change(iptables, ["-D", .. rule.Split(' ')[1..]]);
                }
            }
        }
    }

    private void Nft(string rules, string what)
    {
        string nft = NodeCommand.Find("nft") ?? throw new FabricException("nft is not installed; apt-get install nftables");
        var (exitCode, _, error) = NodeCommand.Run(nft, ["-f", "-"], rules);
        if (exitCode != 0)
        {
            throw new FabricException($"cannot {what} the nft table inet {_comment}: {error.Trim()}; see: nft list table inet {_comment}");
        }
    }

    /// <summary>
    /// Another table's accept does not overrule a policy of drop, as Docker and ufw set it for forwarded packets: they need an accept of their own.
    /// Our own table has dropped by then or will drop what must not pass.
    /// </summary>
    private void OpenIptables()
    {
        if (NodeCommand.Find("iptables") is not { } iptables)
        {
            return;
        }

        var docker = Rules(iptables, DockerChain);
        var forward = Rules(iptables, "FORWARD");
        bool dropped = forward.Contains("-P FORWARD DROP");
        if (docker.Count == 0 && !dropped)
        {
            return;
        }

        // Docker's own jump to its chain comes first of FORWARD, whose policy may be ufw's as well: with Docker there, its chain is the place it promises not to touch.
        (string chain, var rules) = docker.Count > 0 ? (DockerChain, docker) : ("FORWARD", forward);
        string links = FabricNames.UplinkPrefixOf(tag) + "+";
        foreach (string direction in (ReadOnlySpan<string>)["-i", "-o"])
        {
            if (!Ours(rules).Any(rule => rule.Contains($" {direction} {links} ", StringComparison.Ordinal)))
            {
                Change(iptables, ["-I", chain, direction, links, "-m", "comment", "--comment", _comment, "-j", "ACCEPT"]);
                log.Information($"iptables chain {chain} lets {direction} {links} pass (comment {_comment})");
            }
        }
    }

    private IEnumerable<string> Ours(IReadOnlyList<string> rules) =>
        rules.Where(rule => rule.StartsWith("-A ", StringComparison.Ordinal) && rule.Contains($"--comment {_comment} ", StringComparison.Ordinal));

    /// <summary>A chain's lines as <c>iptables -S</c> prints them; none if there is no such chain.</summary>
    private static List<string> Rules(string iptables, string chain)
    {
        var (exitCode, output, _) = NodeCommand.Run(iptables, ["-w", "-S", chain]);
        return exitCode == 0 ? [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] : [];
    }

    private static void Change(string iptables, IReadOnlyList<string> arguments)
    {
        var (exitCode, _, error) = NodeCommand.Run(iptables, ["-w", .. arguments]);
        if (exitCode != 0)
        {
            throw new FabricException($"iptables {string.Join(' ', arguments)}: {error.Trim()}");
        }
    }
}
