namespace Figment.Linux.Native;

/// <summary>linux/bpf.h.</summary>
internal static unsafe partial class Libc
{
    internal const int SYS_bpf = 321;

    internal const int BPF_MAP_CREATE = 0;
    internal const int BPF_MAP_UPDATE_ELEM = 2;
    internal const int BPF_MAP_DELETE_ELEM = 3;
    internal const int BPF_PROG_LOAD = 5;
    internal const int BPF_PROG_ATTACH = 8;
    internal const int BPF_PROG_DETACH = 9;
    internal const int BPF_PROG_GET_FD_BY_ID = 13;
    internal const int BPF_PROG_QUERY = 16;

    internal const int BPF_MAP_TYPE_HASH = 1;
    internal const int BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18;
    internal const int BPF_CGROUP_INET4_CONNECT = 10;
    internal const int BPF_CGROUP_INET6_CONNECT = 11;
    internal const int BPF_F_ALLOW_MULTI = 2;

    internal const byte BPF_LD = 0x00;
    internal const byte BPF_LDX = 0x01;
    internal const byte BPF_ST = 0x02;
    internal const byte BPF_STX = 0x03;
    internal const byte BPF_JMP = 0x05;
    internal const byte BPF_JMP32 = 0x06;
    internal const byte BPF_ALU64 = 0x07;
    internal const byte BPF_W = 0x00;
    internal const byte BPF_DW = 0x18;
    internal const byte BPF_IMM = 0x00;
    internal const byte BPF_MEM = 0x60;
    internal const byte BPF_ATOMIC = 0xc0;
    internal const byte BPF_K = 0x00;
    internal const byte BPF_X = 0x08;
    internal const byte BPF_ADD = 0x00;
    internal const byte BPF_LSH = 0x60;
    internal const byte BPF_MOD = 0x90;
    internal const byte BPF_MOV = 0xb0;
    internal const byte BPF_JEQ = 0x10;
    internal const byte BPF_JGE = 0x30;
    internal const byte BPF_JNE = 0x50;
    internal const byte BPF_CALL = 0x80;
    internal const byte BPF_EXIT = 0x90;
    internal const int BPF_FETCH = 0x01;
    internal const int BPF_PSEUDO_MAP_FD = 1;
    internal const int BPF_FUNC_map_lookup_elem = 1;

    /// <summary>union bpf_attr for BPF_MAP_CREATE.</summary>
    internal struct BpfMapCreate
    {
        public uint map_type;
        public uint key_size;
        public uint value_size;
        public uint max_entries;
        public uint map_flags;
    }

    /// <summary>union bpf_attr for BPF_MAP_UPDATE_ELEM and BPF_MAP_DELETE_ELEM.</summary>
    internal struct BpfMapElement
    {
        public uint map_fd;
        public ulong key;
        public ulong value;
        public ulong flags;
    }

    /// <summary>union bpf_attr for BPF_PROG_LOAD.</summary>
    internal struct BpfProgLoad
    {
        public uint prog_type;
        public uint insn_cnt;
        public ulong insns;
        public ulong license;
        public uint log_level;
        public uint log_size;
        public ulong log_buf;
        public uint kern_version;
        public uint prog_flags;
        public fixed byte prog_name[16];
        public uint prog_ifindex;
        public uint expected_attach_type;
    }

    /// <summary>union bpf_attr for BPF_PROG_ATTACH and BPF_PROG_DETACH.</summary>
    internal struct BpfProgAttach
    {
        public uint target_fd;
        public uint attach_bpf_fd;
        public uint attach_type;
        public uint attach_flags;
    }

    /// <summary>union bpf_attr for BPF_PROG_QUERY.</summary>
    internal struct BpfProgQuery
    {
        public uint target_fd;
        public uint attach_type;
        public uint query_flags;
        public uint attach_flags;
        public ulong prog_ids;
        public uint prog_cnt;
    }

    /// <summary>struct bpf_insn.</summary>
    internal readonly struct BpfInsn(byte code, byte registers, short offset, int immediate)
    {
        public readonly byte code = code;
        public readonly byte registers = registers;
        public readonly short off = offset;
        public readonly int imm = immediate;
    }
}
