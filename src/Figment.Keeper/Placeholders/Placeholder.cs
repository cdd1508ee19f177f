using Figment.Linux.Files;
using Figment.Model.Launch;

namespace Figment.Keeper.Placeholders;

/// <summary>One socket that stands for a port of a machine. <see cref="Token"/> is set while the loop watches it.</summary>
internal sealed class Placeholder(KnownPort port, Descriptor socket)
{
    public KnownPort Port { get; } = port;

    public Descriptor Socket { get; } = socket;

    public ulong? Token { get; set; }

    public bool IsDualStack => Port.Family == ListenFamily.DualStack;
}
