using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Memory;
using Figment.Linux.Native;
using Figment.Linux.Processes;
using Figment.Linux.Waits;

namespace Figment.Linux.Tracing;

/// <summary>
/// A process that makes system calls for this one (ptrace(2)): one of its threads is stopped for that, some tenths of a millisecond, and goes on where it was.
/// No byte of its memory is changed: the instruction is the vDSO's. Filters of system calls do not apply meanwhile.
/// </summary>
public sealed unsafe class Tracee
{
    private const int PTRACE_CONT = 7;
    private const int PTRACE_GETREGS = 12;
    private const int PTRACE_SETREGS = 13;
    private const int PTRACE_DETACH = 17;
    private const int PTRACE_SYSCALL = 24;
    private const int PTRACE_SEIZE = 0x4206;
    private const int PTRACE_INTERRUPT = 0x4207;
    private const int PTRACE_GETSIGMASK = 0x420a;
    private const int PTRACE_SETSIGMASK = 0x420b;
    private const int PTRACE_GET_RSEQ_CONFIGURATION = 0x420f;
    private const int PTRACE_O_TRACESYSGOOD = 1;
    private const int PTRACE_O_SUSPEND_SECCOMP = 1 << 21;
    private const int PTRACE_EVENT_STOP = 128;
    private const int SIGTRAP = 5;
    private const int P_PID = 1;
    private const int WNOHANG = 1;
    private const int WSTOPPED = 2;
    private const int __WALL = 0x40000000;
    private const ushort SystemCallInstruction = 0x050f;
    private const ulong LongModeSegment = 0x33;
    private const ulong NoCall = ulong.MaxValue;
    private const int RseqSectionOffset = 8;
    private const int Attempts = 5;

    /// <summary>Until it first stops. Later it is not left alone before it is as it was.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly int _thread;
    private readonly ulong _instruction;

    private Tracee(int thread, ulong instruction) => (_thread, _instruction) = (thread, instruction);

    private enum Stop
    {
        /// <summary>PTRACE_INTERRUPT.</summary>
        Interrupt,

        /// <summary>Where a system call begins or ends.</summary>
        Call,
    }

    /// <summary>The process goes on when this returns or throws.</summary>
    /// <exception cref="LinuxException">It cannot be traced (EPERM: another does), is no 64-bit program of this kind of processor (ENOSYS), or has ended (ESRCH).</exception>
    public static T Run<T>(int process, Func<Tracee, T> body)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new LinuxException(Errno.ENOSYS, "ptrace(2)", "on this kind of processor");
        }

        ulong instruction = FindInstruction(process);

        // What a thread traces is let go when it ends.
        return OwnThread.Run("tracer", () =>
        {
            bool isThere = true;
            for (int attempt = 0; isThere && attempt < Attempts; attempt++)
            {
                isThere = false;
                foreach (int thread in Threads(process))
                {
                    isThere |= !IsEnding(thread);
                    var tracee = new Tracee(thread, instruction);
                    if (tracee.TryRun(body, out var result))
                    {
                        return result;
                    }
                }
            }

            throw isThere
                ? new LinuxException(Errno.EAGAIN, "ptrace(2)", $"process {process}: its threads were always within a restartable sequence")
                : new LinuxException(Errno.ESRCH, "ptrace(2)", $"process {process} has ended");
        });
    }

    /// <summary>Makes the system call; what it returns, errors as negative numbers.</summary>
    public nint Call(int number, nint first = 0, nint second = 0, nint third = 0)
    {
        var registers = Registers();
        registers.rip = _instruction;
        registers.rax = (ulong)number;
        registers.orig_rax = NoCall;
        registers.rdi = (ulong)first;
        registers.rsi = (ulong)second;
        registers.rdx = (ulong)third;
        Set(registers);
        for (int stop = 0; stop < 2; stop++)
        {
            Request(PTRACE_SYSCALL);
            Await(Stop.Call, PTRACE_SYSCALL);
        }

        return (nint)Registers().rax;
    }

    /// <summary>Those first that go on as if nothing had been: waits that the kernel restarts, then what runs, then what returns EINTR.</summary>
    private static IEnumerable<int> Threads(int process) =>
        ThreadWaits.Of(process).OrderBy(thread => thread.Value switch
        {
            { Reason: WaitReason.Runs } => 1,
            { Call: var call } when WaitCalls.IsRestartedAfterStop(call) => 0,
            _ => 2,
        }).Select(thread => thread.Key);

    private static ulong FindInstruction(int process)
    {
        if (MappedArea.Of(process).FirstOrDefault(area => area.Name == "[vdso]") is { Length: > 0 } area)
        {
            byte[] code = new byte[area.Length];
            int length = ProcessMemory.Read(process, area.Start, code);
            int at = code.AsSpan(0, length).IndexOf(BitConverter.GetBytes(SystemCallInstruction));
            if (at >= 0)
            {
                return area.Start + (ulong)at;
            }
        }

        throw new LinuxException(Errno.ENOSYS, "ptrace(2)", $"process {process} has no vDSO with a system call");
    }

    private static bool IsEnding(int thread)
    {
        const int PF_EXITING = 4;
        const int FlagsField = 6;
        string path = $"/proc/{thread}/stat";
        try
        {
            string[] fields = File.ReadAllText(path).Split(") ")[^1].Split(' ');
            return (uint.Parse(fields[FlagsField], CultureInfo.InvariantCulture) & PF_EXITING) != 0;
        }
        catch (IOException)
        {
            return true; // there is none
        }
    }

    private bool TryRun<T>(Func<Tracee, T> body, [MaybeNullWhen(false)] out T result)
    {
        result = default;
        if (Libc.syscall(Libc.SYS_ptrace, PTRACE_SEIZE, _thread, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_SUSPEND_SECCOMP, 0, 0) < 0)
        {
            var error = LinuxException.Last("ptrace(2) SEIZE", $"thread {_thread}");
            return error.Error == Errno.ESRCH || IsEnding(_thread) ? false : throw error;
        }

        Request(PTRACE_INTERRUPT);
        Await(Stop.Interrupt, PTRACE_CONT, Patience);
        var registers = Registers();
        if (registers.cs != LongModeSegment)
        {
            throw new LinuxException(Errno.ENOSYS, "ptrace(2)", $"thread {_thread} runs 32-bit code");
        }

        if (registers.orig_rax == NoCall && IsInRestartableSequence())
        {
            Request(PTRACE_DETACH);
            return false;
        }

        // Nothing is to interrupt its calls. Those made here are not the program's to be interrupted in.
        ulong all = ulong.MaxValue;
        ulong mask = 0;
        Request(PTRACE_GETSIGMASK, sizeof(ulong), (nint)(&mask));
        Request(PTRACE_SETSIGMASK, sizeof(ulong), (nint)(&all));
        try
        {
            result = body(this);
        }
        finally
        {
            // Only from such a stop does the kernel restart the call that the thread was in.
            Request(PTRACE_INTERRUPT);
            Request(PTRACE_CONT);
            Await(Stop.Interrupt, PTRACE_CONT);
            Set(registers);
            Request(PTRACE_SETSIGMASK, sizeof(ulong), (nint)(&mask));
            Request(PTRACE_DETACH);
        }

        return true;
    }

    /// <summary>The kernel would not see any more that it was interrupted there.</summary>
    private bool IsInRestartableSequence()
    {
        Libc.RseqConfiguration configuration = default;
        if (Libc.syscall(Libc.SYS_ptrace, PTRACE_GET_RSEQ_CONFIGURATION, _thread, sizeof(Libc.RseqConfiguration), (nint)(&configuration), 0, 0) < 0 || configuration.rseq_abi_pointer == 0)
        {
            return false;
        }

        Span<byte> section = stackalloc byte[sizeof(ulong)];
        return ProcessMemory.Read(_thread, configuration.rseq_abi_pointer + RseqSectionOffset, section) == section.Length && section.ContainsAnyExcept((byte)0);
    }

    private Libc.UserRegisters Registers()
    {
        Libc.UserRegisters registers;
        Request(PTRACE_GETREGS, 0, (nint)(&registers));
        return registers;
    }

    private void Set(Libc.UserRegisters registers) => Request(PTRACE_SETREGS, 0, (nint)(&registers));

    private void Request(int request, nint address = 0, nint data = 0) =>
        LinuxException.ThrowIfNegative(Libc.syscall(Libc.SYS_ptrace, request, _thread, address, data, 0, 0), "ptrace(2)", $"request {request}, thread {_thread}");

    /// <summary>Waits for that stop; from others the thread is sent on. Its end is left to whoever waits for that.</summary>
    private void Await(Stop expected, int resume, TimeSpan? patience = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            Libc.Siginfo info = default;
            LinuxException.ThrowIfNegative(Libc.waitid(P_PID, (uint)_thread, &info, WSTOPPED | WNOHANG | __WALL), "waitid(2)", $"thread {_thread}");
            if (info.si_pid == 0)
            {
                var elapsed = Stopwatch.GetElapsedTime(start);
                if (elapsed > patience)
                {
                    throw new LinuxException(Errno.ETIMEDOUT, "ptrace(2)", $"thread {_thread} does not stop");
                }

                if (IsEnding(_thread))
                {
                    throw new LinuxException(Errno.ESRCH, "ptrace(2)", $"thread {_thread} has ended");
                }

                Libc.poll(null, 0, elapsed.TotalMilliseconds < 1 ? 0 : 1);
                continue;
            }

            bool isEvent = info.si_status >> 8 == PTRACE_EVENT_STOP;
            bool isCall = info.si_status == (SIGTRAP | 0x80);
            if (expected == Stop.Interrupt ? isEvent : isCall)
            {
                return;
            }

            Request(resume, 0, isEvent || isCall ? 0 : info.si_status);
        }
    }
}
