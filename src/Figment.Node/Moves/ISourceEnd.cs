using Figment.Migration.Handover;
using Figment.Node.Streams;

namespace Figment.Node.Moves;

/// <summary>What a node does for a machine that leaves it.</summary>
internal interface ISourceEnd
{
    /// <summary>Words to the other node; its answer's words.</summary>
    Task<IReadOnlyList<HandoverMessage>> TellAsync(MoveFolder move, HandoverMessage message, CancellationToken cancellation);

    Task<BoxConnection> DepartAsync(MoveFolder move, CancellationToken cancellation);

    /// <summary>Sends the machine; the digest of what the other node has taken.</summary>
    Task<string> SendAsync(MoveFolder move, Func<Stream, CancellationToken, Task> body, CancellationToken cancellation);

    /// <summary>Packets for the machine wait at the other node from now on, or those that begin a connection; what it sends still gets out.</summary>
    Task DivertAsync(MoveFolder move, bool onlyNew, CancellationToken cancellation);

    /// <summary>The machine, which stands still, is at the other node as far as packets go, or here again.</summary>
    Task LeadAsync(MoveFolder move, bool away);

    /// <summary>What its box gives of memory that is owed.</summary>
    OwedSource OpenOwed(MoveFolder move);

    /// <summary>It is the other node's: what this one has of it goes.</summary>
    Task LeaveAsync(MoveFolder move);
}
