namespace Figment.Linux.Seccomp;

/// <summary>The calls of <see cref="BpfProgram.Notify"/>, by their numbers.</summary>
public enum TrappedCallKind
{
    Connect = 42,
    Bind = 49,
    Listen = 50,

    /// <summary>Only the question whether the socket listens (SO_ACCEPTCONN).</summary>
    AcceptsConnections = 55,
}
