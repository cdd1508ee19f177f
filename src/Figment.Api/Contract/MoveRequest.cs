namespace Figment.Api.Contract;

public sealed record MoveRequest
{
    /// <summary>Where the machine is to run, by the node's name.</summary>
    public required string Node { get; init; }

    public MoveMode Mode { get; init; }

    /// <summary>Only find out whether anything is known to be in the way.</summary>
    public bool DryRun { get; init; }
}
