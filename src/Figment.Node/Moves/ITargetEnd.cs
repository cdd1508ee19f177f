using Figment.Migration.Handover;

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

    /// <summary>It runs here, or did: the node has it.</summary>
    Task SettleAsync(MoveFolder move);
}
