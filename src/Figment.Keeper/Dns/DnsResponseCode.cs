namespace Figment.Keeper.Dns;

/// <summary>RCODE (RFC 1035 4.1.1, RFC 6891 9).</summary>
internal enum DnsResponseCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NameError = 3,
    NotImplemented = 4,
    BadVersion = 16,
}
