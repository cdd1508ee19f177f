using static Figment.Linux.Native.Libc;

namespace Figment.Linux.Balancing;

/// <summary>
/// The eBPF program that a connect(2) passes (BPF_PROG_TYPE_CGROUP_SOCK_ADDR): if its address is a service's, it becomes that of one of the service's machines, one after the other.
/// Afterwards the connection is like any other: nothing is translated, nothing is copied.
/// </summary>
internal static class ConnectProgram
{
    /// <summary>Number of machines, number of the next, then their addresses, 32 bits each.</summary>
    public const int ValueBytes = 8 + (4 * AddressesMax);

    public const int AddressesMax = 64;

    private const int Address4 = 4;
    private const int Address6 = 8;
    private const uint MappedPrefix = 0xffff0000;

    /// <summary>Instructions skipped from a jump to the end are counted from the end.</summary>
    private const short ToEnd = short.MaxValue;

    public static BpfInsn[] For(int map, bool version6)
    {
        // struct bpf_sock_addr: family, then the address of version 4, then that of version 6, in network order.
        short address = (short)(version6 ? Address6 + 12 : Address4);
        List<BpfInsn> code = [Move(6, 1)];
        if (version6)
        {
            // An address of version 4 written as version 6, as Java and others do.
            code.AddRange([Load(7, 6, Address6), JumpIfNot(7, 0), Load(7, 6, Address6 + 4), JumpIfNot(7, 0), Load(7, 6, Address6 + 8), JumpIfNot(7, unchecked((int)MappedPrefix))]);
        }

        code.AddRange(
        [
            Load(7, 6, address),
            new BpfInsn(BPF_STX | BPF_MEM | BPF_W, Registers(10, 7), -4, 0),
            new BpfInsn(BPF_LD | BPF_DW | BPF_IMM, Registers(1, BPF_PSEUDO_MAP_FD), 0, map),
            default,
            Move(2, 10),
            new BpfInsn(BPF_ALU64 | BPF_ADD | BPF_K, Registers(2, 0), 0, -4),
            new BpfInsn(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_map_lookup_elem),
            new BpfInsn(BPF_JMP | BPF_JEQ | BPF_K, Registers(0, 0), ToEnd, 0),
            Move(8, 0),
            Load(9, 8, 0),
            new BpfInsn(BPF_JMP | BPF_JEQ | BPF_K, Registers(9, 0), ToEnd, 0),
            new BpfInsn(BPF_ALU64 | BPF_MOV | BPF_K, Registers(1, 0), 0, 1),
            new BpfInsn(BPF_STX | BPF_ATOMIC | BPF_W, Registers(8, 1), 4, BPF_ADD | BPF_FETCH),
            new BpfInsn(BPF_ALU64 | BPF_MOD | BPF_X, Registers(1, 9), 0, 0),
            new BpfInsn(BPF_JMP | BPF_JGE | BPF_K, Registers(1, 0), ToEnd, AddressesMax),
            new BpfInsn(BPF_ALU64 | BPF_LSH | BPF_K, Registers(1, 0), 0, 2),
            new BpfInsn(BPF_ALU64 | BPF_ADD | BPF_X, Registers(8, 1), 0, 0),
            Load(7, 8, 8),
            new BpfInsn(BPF_STX | BPF_MEM | BPF_W, Registers(6, 7), address, 0),
            new BpfInsn(BPF_ALU64 | BPF_MOV | BPF_K, Registers(0, 0), 0, 1),
            new BpfInsn(BPF_JMP | BPF_EXIT, 0, 0, 0),
        ]);
        int end = code.Count - 2;
        return [.. code.Select((instruction, index) => instruction.off == ToEnd ? new BpfInsn(instruction.code, instruction.registers, (short)(end - index - 1), instruction.imm) : instruction)];
    }

    private static byte Registers(int target, int source) => (byte)(target | (source << 4));

    private static BpfInsn Move(int target, int source) => new(BPF_ALU64 | BPF_MOV | BPF_X, Registers(target, source), 0, 0);

    private static BpfInsn Load(int target, int source, short offset) => new(BPF_LDX | BPF_MEM | BPF_W, Registers(target, source), offset, 0);

    private static BpfInsn JumpIfNot(int register, int value) => new(BPF_JMP32 | BPF_JNE | BPF_K, Registers(register, 0), ToEnd, value);
}
