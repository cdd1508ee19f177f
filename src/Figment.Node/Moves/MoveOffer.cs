namespace Figment.Node.Moves;

/// <summary>A node asks another to take a machine.</summary>
internal sealed record MoveOffer
{
    /// <summary>Of the move: 32 hex digits.</summary>
    public required string Id { get; init; }

    public required string Machine { get; init; }

    /// <summary>Under which it runs there.</summary>
    public required long Epoch { get; init; }

    public required NodeTraits Traits { get; init; }

    /// <summary>The application, with the machine where it still is.</summary>
    public required ApplicationPart Part { get; init; }
}
