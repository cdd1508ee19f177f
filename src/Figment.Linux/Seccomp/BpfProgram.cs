using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Seccomp;

/// <summary>A seccomp filter as data. Calls of another architecture (i386, x32) get ENOSYS: their numbers mean other calls.</summary>
public sealed class BpfProgram
{
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnySet = 0x45;
    private const ushort Return = 0x06;

    /// <summary>Offsets in struct seccomp_data.</summary>
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgumentOffset = 16;
    private const uint SecondArgumentOffset = 24;
    private const uint ThirdArgumentOffset = 32;

    /// <summary>Of struct sockaddr_un.</summary>
    private const uint UnixAddressBytes = 110;

    private readonly BpfInstruction[] _instructions;

    private BpfProgram(IEnumerable<BpfInstruction> instructions) => _instructions = [.. instructions];

    public ReadOnlySpan<BpfInstruction> Instructions => _instructions;

    /// <summary>Refuses the calls listed and allows the rest.</summary>
    public static BpfProgram Deny(IEnumerable<DenyRule> rules)
    {
        List<BpfInstruction> program = [.. Prologue()];
        foreach (var rule in rules)
        {
            var refuse = new BpfInstruction(Return, 0, 0, Libc.SECCOMP_RET_ERRNO | (uint)rule.Error);
            if (rule.FirstArgumentFlags == 0)
            {
                program.AddRange([new(JumpIfEqual, 0, 1, (uint)rule.Number), refuse]);
                continue;
            }

            program.AddRange(
            [
                new(JumpIfEqual, 0, 4, (uint)rule.Number),
                new(LoadWord, 0, 0, FirstArgumentOffset),
                new(JumpIfAnySet, 0, 1, rule.FirstArgumentFlags),
                refuse,
                new(Return, 0, 0, Libc.SECCOMP_RET_ALLOW),
            ]);
        }

        program.Add(new(Return, 0, 0, Libc.SECCOMP_RET_ALLOW));
        return new BpfProgram(program);
    }

    /// <summary>
    /// Traps bind, connect and listen for the listener. A filter cannot see an address family, which lies behind a pointer; but an address as long as struct sockaddr_un
    /// is one of a Unix socket (unix(7)), as in every look-up of a user's or a host's name. Of getsockopt only the question whether the socket listens is trapped.
    /// </summary>
    public static BpfProgram Notify() => new(
    [
        new(LoadWord, 0, 0, ArchitectureOffset),
        new(JumpIfEqual, 0, 12, Libc.AUDIT_ARCH_X86_64),
        new(LoadWord, 0, 0, NumberOffset),
        new(JumpIfEqual, 9, 0, Libc.SYS_listen),
        new(JumpIfEqual, 4, 0, Libc.SYS_getsockopt),
        new(JumpIfEqual, 1, 0, Libc.SYS_connect),
        new(JumpIfEqual, 0, 7, Libc.SYS_bind),
        new(LoadWord, 0, 0, ThirdArgumentOffset),
        new(JumpIfEqual, 5, 4, UnixAddressBytes),
        new(LoadWord, 0, 0, SecondArgumentOffset),
        new(JumpIfEqual, 0, 3, Libc.SOL_SOCKET),
        new(LoadWord, 0, 0, ThirdArgumentOffset),
        new(JumpIfEqual, 0, 1, Libc.SO_ACCEPTCONN),
        new(Return, 0, 0, Libc.SECCOMP_RET_USER_NOTIF),
        new(Return, 0, 0, Libc.SECCOMP_RET_ALLOW),
    ]);

    private static BpfInstruction[] Prologue() =>
    [
        new(LoadWord, 0, 0, ArchitectureOffset),
        new(JumpIfEqual, 1, 0, Libc.AUDIT_ARCH_X86_64),
        new(Return, 0, 0, Libc.SECCOMP_RET_ERRNO | (uint)Errno.ENOSYS),
        new(LoadWord, 0, 0, NumberOffset),
        new(JumpIfAtLeast, 0, 1, Libc.X32_SYSCALL_BIT),
        new(Return, 0, 0, Libc.SECCOMP_RET_ERRNO | (uint)Errno.ENOSYS),
    ];
}
