namespace Figment.Linux.Netlink;

/// <summary>NLM_F_* (netlink(7)). Replace and Exclusive share their bits with the two of Dump and with two of acknowledgements: which is meant follows from the message.</summary>
[Flags]
public enum NetlinkFlags : ushort
{
    None = 0,
    Request = 0x1,
    Multi = 0x2,
    Acknowledge = 0x4,
    DumpInterrupted = 0x10,
    Replace = 0x100,
    Exclusive = 0x200,
    Dump = 0x300,
    Create = 0x400,
}
