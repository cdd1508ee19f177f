using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Figment.Model.Control;

namespace Figment.Keeper.Boxes;

/// <summary>A box as its keeper knows it. The loop's thread, but for <see cref="Channel"/>'s receiving end.</summary>
internal sealed class Box(long id, string machine, LineChannel channel, Pidfd? process, bool isChild)
{
    public long Id { get; } = id;

    public string Machine { get; } = machine;

    public LineChannel Channel { get; } = channel;

    public Pidfd? Process { get; } = process;

    public bool IsChild { get; } = isChild;

    /// <summary>Of the program, on the node.</summary>
    public int? ProgramPid { get; set; }

    public IReadOnlyDictionary<string, string> Cgroups { get; set; } = new Dictionary<string, string>();

    /// <summary>Set while the loop watches <see cref="Process"/>.</summary>
    public ulong? Token { get; set; }

    /// <summary>Its channel has ended: everything it said has been heard.</summary>
    public bool HasClosed { get; set; }

    /// <summary>Its process has ended.</summary>
    public bool HasEnded { get; set; }

    /// <summary>It has told how its program ended, or why it was not started: nothing is left of the machine.</summary>
    public bool HasSaidLast { get; set; }

    /// <summary>Processes of its machine that have outlived it and are being ended.</summary>
    public int Outliving { get; set; }

    public bool IsGone { get; set; }

    /// <summary>What its machine lacks memory by, by its number.</summary>
    public Dictionary<long, Descriptor> Faults { get; } = [];

    public void Send(BoxMessage message, params ReadOnlySpan<int> descriptors) => Channel.Send(message, ControlJson.Default.BoxMessage, descriptors);
}
