using Figment.Model.Specs;
using Figment.Node.Journal;

namespace Figment.Node.Moves;

/// <summary>What an application's home node tells another node that has machines of it.</summary>
internal sealed record ApplicationPart
{
    /// <summary>The services with machines there, and all networks with the addresses that they have at home.</summary>
    public required ApplicationSpec Spec { get; init; }

    /// <summary>Of the application.</summary>
    public required long Epoch { get; init; }

    public required Placement Placement { get; init; }

    /// <summary>The machines' addresses.</summary>
    public required IReadOnlyList<Allocation> Held { get; init; }
}
