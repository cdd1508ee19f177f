using Figment.Model.Specs;

namespace Figment.Node.Journal;

/// <summary>An application as the journal keeps it.</summary>
public sealed record ApplicationRecord
{
    public required string Name { get; init; }

    /// <summary>Assignment to this node.</summary>
    public required long Epoch { get; init; }

    /// <summary>Counts the ledgers: each first <c>up</c> and each reboot begins a new one, whose sequence starts again.</summary>
    public required long Incarnation { get; init; }

    public required WantedState Wanted { get; init; }

    public required string Tag { get; init; }

    /// <summary>Without the content of secrets.</summary>
    public required ApplicationSpec Spec { get; init; }

    /// <summary>Boot id of the kernel under which it last came up.</summary>
    public required string Boot { get; init; }
}
