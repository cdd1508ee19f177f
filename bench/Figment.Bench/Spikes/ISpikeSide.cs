namespace Figment.Bench.Spikes;

/// <summary>One way to run the three tiers of <c>Files/spike</c> under a load that steps up.</summary>
internal interface ISpikeSide
{
    string Name { get; }

    /// <summary>The application as it stands before the load: with one worker, or with all of them.</summary>
    Task UpAsync(CancellationToken cancellation);

    /// <summary>Where the front listens.</summary>
    string FrontAddress { get; }

    /// <summary>Words that run a command of the node's where clients are.</summary>
    IReadOnlyList<string> Inside(IReadOnlyList<string> command);

    /// <summary>What somebody who knows of the step beforehand does at that very moment; nothing, where nobody has to.</summary>
    Task StepAsync(CancellationToken cancellation);

    Task DownAsync(CancellationToken cancellation);
}
