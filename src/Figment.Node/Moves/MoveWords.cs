using Figment.Migration.Handover;

namespace Figment.Node.Moves;

/// <summary>What one node says to the other of a move, and what it is answered at once.</summary>
/// <param name="Words">In order.</param>
/// <param name="Digest">After the machine itself: of all that has come.</param>
/// <param name="Opens">The machine is about to stand still: packets for it wait at the target from now on.</param>
internal sealed record MoveWords(IReadOnlyList<HandoverMessage> Words, string? Digest = null, bool Opens = false);
