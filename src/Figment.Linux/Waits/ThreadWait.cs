namespace Figment.Linux.Waits;

/// <summary>Why a thread does not run.</summary>
/// <param name="Reason">What it waits for.</param>
/// <param name="Call">The system call that it is in, -1 for none.</param>
/// <param name="Descriptors">With <see cref="WaitReason.Descriptors"/>.</param>
/// <param name="Limit">When it goes on anyway; null: never, or (a receive time-out of a socket) not known.</param>
public sealed record ThreadWait(WaitReason Reason, long Call, IReadOnlyList<WaitedDescriptor> Descriptors, WaitLimit? Limit)
{
    /// <summary>Arguments, stack and instruction pointer as the kernel writes them: a call that is restarted stands at the same place as the one that it continues.</summary>
    public string Place { get; init; } = "";

    /// <summary>Where the span of a select lies; 0: it is none, or has no limit. See <see cref="SelectLimit"/>.</summary>
    public ulong SelectLimitAddress { get; init; }

    /// <summary>The call continues one that was interrupted, and does not say which (restart_syscall(2)): it is the one that this thread was in before.</summary>
    public bool IsRestarted => Call == WaitCalls.RestartSyscall;
}
