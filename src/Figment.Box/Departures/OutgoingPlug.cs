using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;

namespace Figment.Box.Departures;

/// <summary>
/// Keeps in what the kernel still sends of itself for a machine that stands still, above all answers that nobody confirms any more. Their timestamps would be later than those of the dump, and a client
/// that has seen them takes nothing of the restored machine until its clock has come that far (RFC 7323, PAWS).
/// </summary>
internal sealed class OutgoingPlug : IDisposable
{
    /// <summary>What is lost of more is sent again.</summary>
    private const int BytesMax = 1 << 20;

    private readonly RouteClient _client;
    private readonly IReadOnlyList<int> _links;
    private bool _isShut;

    private OutgoingPlug(RouteClient client, IReadOnlyList<int> links) => (_client, _links) = (client, links);

    /// <summary>Shuts nothing yet, and has all at hand for it.</summary>
    /// <param name="network">The machine's network namespace.</param>
    public static OutgoingPlug Prepare(Descriptor network) => NamespaceThread.Run(network, NamespaceKind.Network, () =>
    {
        var client = new RouteClient();
        return new OutgoingPlug(client, [.. client.Links().Where(link => link.Kind == "veth").Select(link => link.Index)]);
    });

    public void Shut()
    {
        _isShut = true;
        foreach (int link in _links)
        {
            new QueueClient(_client).Plug(link, BytesMax);
        }
    }

    /// <summary>A machine that goes on here sends what has waited.</summary>
    public void Dispose()
    {
        if (_isShut)
        {
            foreach (int link in _links)
            {
                new QueueClient(_client).Open(link, BytesMax);
            }
        }

        _client.Dispose();
    }
}
