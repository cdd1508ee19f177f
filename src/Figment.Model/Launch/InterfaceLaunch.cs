namespace Figment.Model.Launch;

/// <summary>A machine's interface in one network; the first is <c>eth0</c>.</summary>
public sealed record InterfaceLaunch
{
    public required string Network { get; init; }

    /// <summary>IPv4 address without prefix.</summary>
    public required string Address { get; init; }

    public string? Ipv6Address { get; init; }

    public string? MacAddress { get; init; }

    /// <summary>Names that lead to this machine in this network beside its own and its service's.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}
