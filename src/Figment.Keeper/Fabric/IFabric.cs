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
    /// What is plugged stays so, and the namespace of a machine that the launch names elsewhere stays until <see cref="Release"/>: a move that a killed keeper began can go on or be taken back.
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

    /// <summary>Where a machine is, and how far a move of it has come.</summary>
    MachinePlace PlaceOf(string machine);

    /// <summary>
    /// A machine that is elsewhere gets its namespace here, complete, but nobody reaches it and it reaches nobody: both ends of its interfaces are plugged, and the bridge's is no port
    /// of the bridge yet. One that is here is left alone. May be repeated, as the following may.
    /// </summary>
    void Prepare(string machine);

    /// <summary>
    /// New TCP connections to the machine go to that node of the span, or wait here, where it is prepared (null); those that there are, or whose handshakes have begun, go on where they are.
    /// Until <see cref="Place"/>, or the next keeper. Where the kernel cannot, a warning says so.
    /// </summary>
    void PlaceNew(string machine, string? node);

    /// <summary>
    /// From now on the machine is at that node of the span, or here (null). Takes a millisecond or two. The order of a move: <see cref="Prepare"/> at the new node; <see cref="PlaceNew"/> at
    /// both; Place at every node, the new one first, and from then on what is sent to the machine waits at the new node; the machine, which was heard at the old node until it stood still, goes
    /// on there; <see cref="Unplug"/> there, and <see cref="Release"/> at the old node. Until Unplug the move can be taken back by Place at every node, the old one first, and Release at the
    /// new one; what waited there is lost then. What it says holds until <see cref="Apply"/>, whose launch has to say the same: a keeper that moves a machine writes the launch first.
    /// </summary>
    /// <param name="machine">Which.</param>
    /// <param name="node">Where it is.</param>
    /// <param name="again">It is said once more when the machine stands still: until then new connections keep their way, and one that leaves is heard. Of that nobody remembers this.</param>
    void Place(string machine, string? node, bool again = false);

    /// <summary>What waits for the machine, and what it sent, goes its way in order, and the machine is reached and reaches others.</summary>
    void Unplug(string machine);

    /// <summary>Takes away what moves have left of plugs at machines to and from which nothing was sent since the last call. Called now and then while it says true: some are left.</summary>
    bool RemoveIdlePlugs();

    /// <summary>Removes the namespace, here, of a machine that is elsewhere.</summary>
    void Release(string machine);

    /// <summary>Takes everything down: namespaces, uplinks, nft table, published ports.</summary>
    void Remove();
}
