using Figment.Migration.Handover;

namespace Figment.Node.Moves;

/// <summary>What one node says to the other of a move, and what it is answered at once.</summary>
/// <param name="Words">In order.</param>
/// <param name="Digest">After the machine itself: of all that has come.</param>
/// <param name="OpensNew">The machine is about to stand still: new TCP connections to it wait at the target from now on.</param>
/// <param name="Opens">All packets for it wait at the target from now on.</param>
internal sealed record MoveWords(IReadOnlyList<HandoverMessage> Words, string? Digest = null, bool OpensNew = false, bool Opens = false);
