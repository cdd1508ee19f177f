using Figment.Linux.Files;
using Figment.Model.Control;

namespace Figment.Box.Checkpoints;

/// <summary>A machine that is on storage.</summary>
/// <param name="Message">The box's last.</param>
/// <param name="Listeners">Its sockets, in which its clients wait.</param>
/// <param name="Connections">That go on meanwhile.</param>
internal sealed record StoredMachine(BoxMessage.Checkpointed Message, IReadOnlyList<Descriptor> Listeners, IReadOnlyList<(KeptConnection Connection, Descriptor Socket)> Connections);
