namespace Figment.EndToEnd.Tests.Storms;

/// <summary>What happens to a machine on its way between two nodes.</summary>
internal enum MoveFault
{
    None,

    /// <summary>SIGKILL, and a command that starts another.</summary>
    SourceDaemon,
    TargetDaemon,
    BothDaemons,

    /// <summary>SIGSTOP for some seconds.</summary>
    SourceDaemonStops,
    TargetDaemonStops,

    /// <summary>SIGKILL; the daemons start the next.</summary>
    SourceKeeper,
    TargetKeeper,

    /// <summary>SIGKILL. The machine may end with it.</summary>
    SourceBox,
    TargetBox,

    /// <summary>SIGKILL, while it dumps or restores.</summary>
    SourceCriu,
    TargetCriu,

    /// <summary>For 0.2 s, 3 s, and for longer than a machine may stand still.</summary>
    Blink,
    Cut,
    LongCut,

    /// <summary>20 Mbit/s for some seconds.</summary>
    Slow,

    /// <summary>Nothing more can be written at the target.</summary>
    FullDisk,

    /// <summary>Called off.</summary>
    Cancel,
}
