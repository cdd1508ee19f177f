using Figment.Linux.Files;
using Figment.Linux.Processes;

namespace Figment.Keeper.Boxes;

/// <param name="Channel">The keeper's end of the socket pair.</param>
/// <param name="Process">The box's process; null if only its channel tells that it ends.</param>
/// <param name="IsChild">This process reaps it.</param>
internal readonly record struct StartedBox(Descriptor Channel, Pidfd? Process, bool IsChild);
