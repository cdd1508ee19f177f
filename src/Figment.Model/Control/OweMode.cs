namespace Figment.Model.Control;

/// <summary>Whether memory of a machine that moves may be given after it has gone on at the other node.</summary>
public enum OweMode
{
    /// <summary>All of it goes before.</summary>
    Never,

    /// <summary>What is left when it stands still, if it would stand still for long to send it.</summary>
    IfSlow,

    /// <summary>All of it that can be.</summary>
    All,
}
