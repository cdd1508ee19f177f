using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    internal const int SYS_ptrace = 101;

    /// <summary>user_regs_struct of x86-64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserRegisters
    {
        public ulong r15;
        public ulong r14;
        public ulong r13;
        public ulong r12;
        public ulong rbp;
        public ulong rbx;
        public ulong r11;
        public ulong r10;
        public ulong r9;
        public ulong r8;
        public ulong rax;
        public ulong rcx;
        public ulong rdx;
        public ulong rsi;
        public ulong rdi;
        public ulong orig_rax;
        public ulong rip;
        public ulong cs;
        public ulong eflags;
        public ulong rsp;
        public ulong ss;
        public ulong fs_base;
        public ulong gs_base;
        public ulong ds;
        public ulong es;
        public ulong fs;
        public ulong gs;
    }

    /// <summary>ptrace_rseq_configuration.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RseqConfiguration
    {
        public ulong rseq_abi_pointer;
        public uint rseq_abi_size;
        public uint signature;
        public uint flags;
        public uint pad;
    }
}
