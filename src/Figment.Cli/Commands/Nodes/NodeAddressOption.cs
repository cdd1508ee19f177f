using System.CommandLine;

namespace Figment.Cli.Commands.Nodes;

/// <summary>Where this node is reached. What is no address the daemon refuses.</summary>
internal static class NodeAddressOption
{
    public static Option<string?> Make(string otherwise) =>
        new("--address") { Description = $"IPv4 address of this node, with or without a port, where the others reach it; by default {otherwise}, port 7473", HelpName = "ADDRESS" };
}
