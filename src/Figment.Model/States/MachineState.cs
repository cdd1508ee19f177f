namespace Figment.Model.States;

/// <summary>DESIGN: the states of a machine.</summary>
public enum MachineState
{
    /// <summary>Address, name and placeholders, no process.</summary>
    Imaginary,

    /// <summary>A signal came; what it depends on is being made ready.</summary>
    Waiting,

    /// <summary>Box and program run, nothing listens yet.</summary>
    Starting,

    /// <summary>Listening, or a program that serves no port and has started.</summary>
    Running,

    /// <summary>Stopped where it stands by the kernel: memory and connections stay, no processor. What it waits for, a client and a user make it go on.</summary>
    Frozen,

    /// <summary>On storage, without a process: address, placeholders and connections stay. Whoever would thaw a frozen machine brings it back.</summary>
    Hibernated,

    /// <summary>Asked to end, or being killed.</summary>
    Stopping,

    /// <summary>Stopped by the user: no signal starts it until <c>start</c>.</summary>
    Stopped,

    /// <summary>Ended with code 0 and nothing starts it again before a signal does.</summary>
    Completed,

    /// <summary>Died too often or could not start; the reason is in the ledger.</summary>
    Failed,

    /// <summary>At another node of the application: here it has an address and a name, and nothing starts it.</summary>
    Elsewhere,
}
