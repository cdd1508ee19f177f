namespace Figment.Linux.Seccomp;

/// <summary>The calls of <see cref="BpfProgram.Notify"/>, by their numbers.</summary>
public enum TrappedCallKind
{
    Connect = 42,
    Bind = 49,
    Listen = 50,
}
