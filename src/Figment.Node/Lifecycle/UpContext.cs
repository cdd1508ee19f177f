using Figment.Api.Contract;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Images;
using Figment.Node.Journal;
using Figment.Node.Moves;
using Figment.Node.Operations;
using Figment.Node.Planning;

namespace Figment.Node.Lifecycle;

/// <summary>One <c>up</c>: what it began with and what its steps have made so far.</summary>
internal sealed class UpContext
{
    public required NodeParts Parts { get; init; }

    public required Operation Operation { get; init; }

    public required UpRequest Request { get; init; }

    public required long Epoch { get; init; }

    /// <summary>What the journal had before; null: the application is new.</summary>
    public ApplicationRecord? Before { get; init; }

    public IReadOnlyList<Allocation> HeldBefore { get; init; } = [];

    /// <summary>The launch file before, as text; null: there was none.</summary>
    public string? LaunchBefore { get; init; }

    public ApplicationLaunch? PreviousLaunch { get; init; }

    /// <summary>At which nodes its machines are; null: all are at this one.</summary>
    public Placement? Placement { get; init; }

    public ApplicationSpec Spec => Request.Application;

    public string RuntimeFolder => Parts.Options.Places.ApplicationRuntime(Spec.Name);

    public string LaunchPath => Path.Combine(RuntimeFolder, "keeper.json");

    public Dictionary<string, ImageFacts> Images { get; } = [];

    /// <summary>Contents of configs and secrets by kind and name.</summary>
    public Dictionary<(string Kind, string Name), byte[]> FileContents { get; } = [];

    public Dictionary<(string Kind, string Name), string> FileDigests { get; } = [];

    public ApplicationPlan? Plan { get; set; }

    public ApplicationPlan RequiredPlan => Plan ?? throw new InvalidOperationException("nothing is planned yet");

    public ApplicationRecord? Record { get; set; }

    public List<string> FoldersMade { get; } = [];

    public bool KeeperWasRunning { get; set; }
}
