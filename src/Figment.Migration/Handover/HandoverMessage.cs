namespace Figment.Migration.Handover;

/// <param name="Word">What is said.</param>
/// <param name="Epoch">Under which the machine is to run at the target.</param>
/// <param name="Detail">With <see cref="HandoverWord.Gone"/> why, with <see cref="HandoverWord.Hold"/> the digest of all that was sent.</param>
public sealed record HandoverMessage(HandoverWord Word, long Epoch, string? Detail = null);
