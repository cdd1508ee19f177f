namespace Figment.Linux.Waits;

/// <summary>Calls that wait, by their numbers on x86-64 (asm/unistd_64.h); a test compiles C against them.</summary>
internal static class WaitCalls
{
    public const long Read = 0;
    public const long Poll = 7;
    public const long ReadVector = 19;
    public const long Select = 23;
    public const long Pause = 34;
    public const long Nanosleep = 35;
    public const long Accept = 43;
    public const long ReceiveFrom = 45;
    public const long ReceiveMessage = 47;
    public const long Wait4 = 61;
    public const long SemaphoreOperation = 65;
    public const long MessageReceive = 70;
    public const long SignalTimedWait = 128;
    public const long SignalSuspend = 130;
    public const long Futex = 202;
    public const long RestartSyscall = 219;
    public const long SemaphoreTimedOperation = 220;
    public const long ClockNanosleep = 230;
    public const long EpollWait = 232;
    public const long WaitId = 247;
    public const long PselectSix = 270;
    public const long Ppoll = 271;
    public const long EpollPwait = 281;
    public const long AcceptFour = 288;
    public const long ReceiveMessages = 299;
    public const long EpollPwaitTwo = 441;

    /// <summary>A stop (ptrace(2), a freeze) is not seen by the program: the kernel makes the call again. Of others EINTR is returned (signal(7)).</summary>
    public static bool IsRestartedAfterStop(long call) =>
        call is Read or Poll or ReadVector or Select or Pause or Nanosleep or Wait4 or SignalSuspend or Futex or RestartSyscall or ClockNanosleep or WaitId or PselectSix or Ppoll;
}
