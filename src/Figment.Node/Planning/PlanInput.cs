using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Images;
using Figment.Node.Journal;
using Figment.Node.Moves;

namespace Figment.Node.Planning;

/// <summary>Everything that a plan depends on. The same input gives the same plan.</summary>
public sealed record PlanInput
{
    public required ApplicationSpec Spec { get; init; }

    public required NodeOptions Options { get; init; }

    public required NodeFacts Node { get; init; }

    public required long Epoch { get; init; }

    /// <summary>Six lower-case hex digits.</summary>
    public required string Tag { get; init; }

    /// <summary>By service; a service with <c>root: host</c> has none.</summary>
    public IReadOnlyDictionary<string, ImageFacts> Images { get; init; } = new Dictionary<string, ImageFacts>();

    /// <summary>What the application holds already; it keeps it where it still fits.</summary>
    public IReadOnlyList<Allocation> Held { get; init; } = [];

    /// <summary>What the keeper works from now; machines of services that are no more are carried over from it.</summary>
    public ApplicationLaunch? Previous { get; init; }

    /// <summary>Content of configs and secrets by the path they get below the application's <c>files</c> folder, see <see cref="PlannedFile"/>.</summary>
    public IReadOnlyDictionary<(string Kind, string Name), string> FileDigests { get; init; } = new Dictionary<(string, string), string>();

    /// <summary>At which nodes its machines are; null: all are at this one.</summary>
    public Placement? Placement { get; init; }

    public bool RemoveOrphans { get; init; }

    /// <summary>No machine is eager.</summary>
    public bool NoStart { get; init; }
}
