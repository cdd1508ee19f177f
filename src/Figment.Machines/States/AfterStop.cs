namespace Figment.Machines.States;

/// <summary>What becomes of a machine once its program has been stopped.</summary>
public enum AfterStop
{
    /// <summary>Nothing starts it but a user.</summary>
    Stopped,

    /// <summary>The next signal starts it.</summary>
    Imaginary,

    /// <summary>It starts again at once.</summary>
    Start,

    /// <summary>What it wrote is forgotten; then it is imaginary.</summary>
    Clean,

    /// <summary>It takes its new launch record, then waits for signals or starts as that says.</summary>
    Renew,

    /// <summary>It leaves the application.</summary>
    Forget,

    /// <summary>It did not listen in time: a fast death.</summary>
    TimedOut,
}
