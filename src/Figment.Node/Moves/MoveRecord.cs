using Figment.Model.Control;

namespace Figment.Node.Moves;

/// <summary>A move as a node has it on storage, from before its first effect.</summary>
internal sealed record MoveRecord
{
    public required string Id { get; init; }

    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary>The other node.</summary>
    public required string Peer { get; init; }

    /// <summary>The machine leaves this node. False: it comes here.</summary>
    public required bool IsSource { get; init; }

    /// <summary>All memory travels while the machine stands still.</summary>
    public bool StopsFirst { get; init; }

    /// <summary>What of it may travel after the machine has gone on there.</summary>
    public OweMode Owes { get; init; }

    public required long Epoch { get; init; }

    public required DateTimeOffset Begun { get; init; }
}
