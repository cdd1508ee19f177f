using Figment.Api.Contract;

namespace Figment.Cli.Output;

/// <summary>What snapshots are called.</summary>
internal static class SnapshotText
{
    /// <summary>The moment when it was made, to the millisecond: none other is likely to begin so.</summary>
    private const int ShortIdLength = 12;

    public static string Id(SnapshotView snapshot, bool whole) => whole || snapshot.Id.Length < ShortIdLength ? snapshot.Id : snapshot.Id[..ShortIdLength];

    /// <summary>Null: it cannot be read.</summary>
    public static string? Machine(SnapshotView snapshot) => snapshot.Machine is null ? null : $"{snapshot.Application}/{snapshot.Machine}";
}
