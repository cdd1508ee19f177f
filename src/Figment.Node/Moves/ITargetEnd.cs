using Figment.Migration.Handover;
using Figment.Migration.Lazy;
using Figment.Node.Streams;

namespace Figment.Node.Moves;

/// <summary>What a node does for a machine that comes to it.</summary>
internal interface ITargetEnd
{
    Task<IReadOnlyList<HandoverMessage>> TellAsync(MoveFolder move, HandoverMessage message, CancellationToken cancellation);

    /// <summary>Brings up what the machine needs.</summary>
    Task PrepareAsync(MoveFolder move, MoveOffer offer);

    /// <summary>A box restores it and holds it.</summary>
    Task ArriveAsync(MoveFolder move);

    /// <summary>It runs, from the box that holds it or another.</summary>
    Task AdmitAsync(MoveFolder move);

    Task DismissAsync(MoveFolder move, bool keep);

    /// <summary>To the box that it comes to, which says what of its memory is to be fetched.</summary>
    /// <exception cref="Errors.NodeException">There is no box.</exception>
    Task<BoxConnection> OpenFeedAsync(MoveFolder move, CancellationToken cancellation);

    /// <summary>Memory from the other node, as <see cref="OwedText"/> has it; empty: it is nowhere any more.</summary>
    /// <exception cref="Errors.NodeException">It does not answer.</exception>
    Task<byte[]> FetchAsync(MoveFolder move, OwedPiece piece, CancellationToken cancellation);

    /// <summary>It runs here, or did: the node has it.</summary>
    Task SettleAsync(MoveFolder move);
}
