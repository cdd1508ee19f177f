using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;

namespace Figment.Keeper.Fabric;

/// <summary>Both ends of a machine's interface, plugged while it moves: what comes waits at the bridge's end, what it sends at its own. See also <see cref="OpenedPlugs"/>.</summary>
internal static class MachinePlug
{
    /// <summary>What a fast client sends in a second of a move; more means that the move hangs, and who sends will send again.</summary>
    private const int BytesMax = 16 << 20;

    internal static void Plug(RouteClient client, int link) => new QueueClient(client).Plug(link, BytesMax);

    internal static void Open(RouteClient client, int link) => new QueueClient(client).Open(link, BytesMax);

    /// <summary>The ends in a machine's own namespace. False: none was shut.</summary>
    internal static bool OpenOwn(Descriptor network) => NamespaceThread.Run(network, NamespaceKind.Network, () =>
    {
        using var client = new RouteClient();
        var shut = new QueueClient(client).Queues().Where(queue => queue.IsPlugged).ToList();
        foreach (var queue in shut)
        {
            Open(client, queue.LinkIndex);
        }

        return shut.Count > 0;
    });
}
