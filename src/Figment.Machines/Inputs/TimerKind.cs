namespace Figment.Machines.Inputs;

public enum TimerKind
{
    /// <summary>The program should have listened by now. Token: the turn.</summary>
    StartTimeout,

    /// <summary>It may start again. Token: the turn.</summary>
    Backoff,

    /// <summary>A failed machine may be tried again. Token: the turn.</summary>
    CoolDown,

    /// <summary>The box should have stopped its program by now. Token: the turn.</summary>
    StopTimeout,

    /// <summary>A machine may have been frozen for long enough to be put on storage. Token: the turn.</summary>
    Hibernate,

    /// <summary>Something that a machine on storage waits for ends. Token: the turn.</summary>
    GoesOn,

    /// <summary>A service may have had more machines than it needs for long enough, or a machine may have been spare for long enough. Token: none.</summary>
    Surplus,

    /// <summary>A snapshot of a kind may be tried again. Token: none.</summary>
    Snapshot,

    /// <summary>The box should have ended after its program by now. Token: the box.</summary>
    BoxLinger,
}
