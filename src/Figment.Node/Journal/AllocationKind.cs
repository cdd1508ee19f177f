namespace Figment.Node.Journal;

public enum AllocationKind
{
    Subnet,
    Uplink,

    /// <summary>A machine's address in a network.</summary>
    Address,

    /// <summary>A port of the node that Compose left open.</summary>
    Port,
}
