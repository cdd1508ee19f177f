namespace Figment.Keeper.Fabric;

/// <summary>Where a machine is, as this node's kernel shows it. A keeper that follows a killed one learns from it how far a move had come.</summary>
internal enum MachinePlace
{
    /// <summary>On another node; nothing of it is here.</summary>
    Elsewhere,

    /// <summary>On another node, but it has a namespace here that nobody reaches: it was prepared, or it has left and was not released yet.</summary>
    Held,

    /// <summary>Here, but what is sent to it, and what it sends, waits until it is unplugged.</summary>
    Plugged,

    Here,
}
