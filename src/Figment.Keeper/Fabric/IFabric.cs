using System.Net;
using Figment.Linux.Files;
using Figment.Linux.Netlink;
using Figment.Model.Launch;

namespace Figment.Keeper.Fabric;

/// <summary>An application's networks on this node: routers, machines' namespaces, DNS, published ports. Called from one thread, the keeper's.</summary>
internal interface IFabric : IDisposable
{
    /// <summary>
    /// Makes it so: adopts what is pinned already, makes what is missing, removes what the launch no longer names. Repeating it changes nothing.
    /// Disposing leaves everything in the kernel as it is; a later keeper adopts it.
    /// </summary>
    /// <exception cref="FabricException">What could not be made, and what to do.</exception>
    void Apply(ApplicationLaunch launch);

    /// <summary>Until <see cref="ServeClients"/>, clients of published ports wait at the node: the machines that they are for do not listen yet.</summary>
    void HoldClients();

    void ServeClients();

    /// <summary>The service's published ports lead to these of its machines, a moment later.</summary>
    void Lead(string service, IReadOnlyList<string> machines);

    /// <summary>A new descriptor of a machine's network namespace.</summary>
    Descriptor OpenMachine(string machine);

    /// <summary>The machine that has this address, or null.</summary>
    string? MachineAt(IPAddress address);

    /// <summary>The client on or beyond the node whose connection the gateway carries under this address, or the address itself.</summary>
    IPEndPoint OriginOf(IPEndPoint peer);

    /// <summary>What the machine's interfaces have received and sent since they were made, its loopback not counted.</summary>
    LinkTraffic Traffic(string machine);

    /// <summary>Takes everything down: namespaces, uplinks, nft table, published ports.</summary>
    void Remove();
}
