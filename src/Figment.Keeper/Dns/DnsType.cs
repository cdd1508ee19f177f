namespace Figment.Keeper.Dns;

/// <summary>Record types that the server knows by name (RFC 1035 3.2.2, RFC 3596, RFC 6891); others are passed on as numbers.</summary>
internal enum DnsType : ushort
{
    None = 0,
    A = 1,
    Ptr = 12,
    Aaaa = 28,
    Opt = 41,
    Any = 255,
}
