using System.Net;

namespace Figment.Keeper.Dns;

/// <summary>What a zone says to a question.</summary>
internal sealed record DnsAnswer
{
    internal static readonly DnsAnswer Empty = new();

    internal static readonly DnsAnswer NoSuchName = new() { Code = DnsResponseCode.NameError };

    internal static readonly DnsAnswer NotOurs = new() { IsForeign = true };

    public DnsResponseCode Code { get; init; }

    /// <summary>The name is outside the application: ask elsewhere.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Of one family, as asked.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>For an address looked up backwards.</summary>
    public string? PointsTo { get; init; }
}
