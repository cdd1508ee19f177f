using System.Runtime.InteropServices;

namespace Figment.Linux.Seccomp;

/// <summary>struct sock_filter: one instruction of classic BPF.</summary>
/// <param name="Code">Operation.</param>
/// <param name="IfTrue">Instructions skipped if a comparison holds.</param>
/// <param name="IfFalse">Instructions skipped if not.</param>
/// <param name="Value">Operand.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BpfInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);
