namespace Figment.Migration.Snapshots;

/// <summary>An address that a machine had when its snapshot was taken.</summary>
/// <param name="Network">In which.</param>
/// <param name="Address">The address.</param>
/// <param name="Ipv6Address">Null: none.</param>
public sealed record SnapshotAddress(string Network, string Address, string? Ipv6Address);
