using System.Collections.Immutable;

namespace Figment.Machines.States;

/// <summary>All machines of one application, and whether it is going down.</summary>
public sealed record ApplicationSnapshot
{
    public ImmutableSortedDictionary<string, MachineSnapshot> Machines { get; init; } = ImmutableSortedDictionary.Create<string, MachineSnapshot>(StringComparer.Ordinal);

    /// <summary>The elastic services.</summary>
    public ImmutableSortedDictionary<string, ServiceSnapshot> Services { get; init; } = ImmutableSortedDictionary.Create<string, ServiceSnapshot>(StringComparer.Ordinal);

    /// <summary>The snapshots from which machines begin, by their kind.</summary>
    public ImmutableSortedDictionary<string, KindSnapshot> Kinds { get; init; } = ImmutableSortedDictionary.Create<string, KindSnapshot>(StringComparer.Ordinal);

    /// <summary>Boxes are numbered so that a late word of an earlier box is not taken for the present one's.</summary>
    public long NextBox { get; init; } = 1;

    /// <summary>Updates answered when no machine that they changed or dropped is on its way out any more.</summary>
    public ImmutableArray<long> UpdateRequests { get; init; } = [];

    public bool GoingDown { get; init; }

    /// <summary>Requests answered when everything has been removed.</summary>
    public ImmutableArray<long> DownRequests { get; init; } = [];

    /// <summary>All is removed: nothing is decided any more.</summary>
    public bool Gone { get; init; }
}
