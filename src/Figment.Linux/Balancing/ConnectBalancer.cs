using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Balancing;

/// <summary>
/// Leads connections to an address that stands for several to one of these, in the kernel, at connect(2), for the processes of one control group of the unified tree and those below it.
/// The programs stay with the group when this object is disposed, until another takes their place or the group is removed. One thread.
/// </summary>
public sealed unsafe class ConnectBalancer : IDisposable
{
    /// <summary>Addresses that one may stand for.</summary>
    public const int AddressesMax = ConnectProgram.AddressesMax;

    /// <summary>Addresses that stand for others: services of one application, in each of its networks.</summary>
    private const int EntriesMax = 4096;

    /// <summary>Nobody else attaches to our groups; what an earlier keeper has left is at most one.</summary>
    private const int ProgramsMax = 64;

    /// <summary>union bpf_attr: what is beyond a command's own part must be zero.</summary>
    private const int AttributeBytes = 128;

    private static readonly int[] s_places = [Libc.BPF_CGROUP_INET4_CONNECT, Libc.BPF_CGROUP_INET6_CONNECT];

    private readonly Descriptor _map;

    private ConnectBalancer(Descriptor map) => _map = map;

    /// <param name="group">Folder of the control group; made if it is not there.</param>
    /// <exception cref="LinuxException">The kernel does not do this.</exception>
    public static ConnectBalancer Attach(string group)
    {
        Directory.CreateDirectory(group);
        using var target = FileCalls.Open(group, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY);
        var create = new Libc.BpfMapCreate { map_type = Libc.BPF_MAP_TYPE_HASH, key_size = sizeof(uint), value_size = ConnectProgram.ValueBytes, max_entries = EntriesMax };
        var map = new Descriptor((int)Call(Libc.BPF_MAP_CREATE, create, "make a map"));
        try
        {
            foreach (int place in s_places)
            {
                var earlier = Attached(target, place);
                using var program = Load(map, place);
                _ = Call(Libc.BPF_PROG_ATTACH, new Libc.BpfProgAttach { target_fd = (uint)target.Number, attach_bpf_fd = (uint)program.Number, attach_type = (uint)place, attach_flags = Libc.BPF_F_ALLOW_MULTI }, $"attach a program to {group}");
                foreach (uint id in earlier)
                {
                    Detach(target, place, id);
                }
            }

            return new ConnectBalancer(map);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>From the next connection on.</summary>
    /// <param name="address">Of version 4.</param>
    /// <param name="targets">In whose stead it stands; none: connections go to the address itself.</param>
    public void Set(IPAddress address, IReadOnlyList<IPAddress> targets)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(targets.Count, AddressesMax);
        Span<byte> value = stackalloc byte[ConnectProgram.ValueBytes];
        value.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(value, targets.Count);
        for (int index = 0; index < targets.Count; index++)
        {
            Write(targets[index], value[(8 + (4 * index))..]);
        }

        Span<byte> key = stackalloc byte[sizeof(uint)];
        Write(address, key);
        fixed (byte* keyStart = key, valueStart = value)
        {
            _ = Call(Libc.BPF_MAP_UPDATE_ELEM, new Libc.BpfMapElement { map_fd = (uint)_map.Number, key = (ulong)keyStart, value = (ulong)valueStart }, $"lead {address} to {targets.Count} machines");
        }
    }

    /// <summary>The address stands for itself again.</summary>
    public void Remove(IPAddress address)
    {
        Span<byte> key = stackalloc byte[sizeof(uint)];
        Write(address, key);
        fixed (byte* keyStart = key)
        {
            _ = Call(Libc.BPF_MAP_DELETE_ELEM, new Libc.BpfMapElement { map_fd = (uint)_map.Number, key = (ulong)keyStart }, $"forget {address}");
        }
    }

    public void Dispose() => _map.Dispose();

    private static void Write(IPAddress address, Span<byte> into)
    {
        if (!address.TryWriteBytes(into, out int count) || count != sizeof(uint))
        {
            throw new ArgumentException($"{address} is no address of version 4", nameof(address));
        }
    }

    private static Descriptor Load(Descriptor map, int place)
    {
        var code = ConnectProgram.For(map.Number, place == Libc.BPF_CGROUP_INET6_CONNECT);
        const int LogBytes = 64 * 1024;
        byte[] log = new byte[LogBytes];
        fixed (Libc.BpfInsn* instructions = code)
        fixed (byte* logStart = log, license = "GPL\0"u8)
        {
            var load = new Libc.BpfProgLoad
            {
                prog_type = Libc.BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
                insn_cnt = (uint)code.Length,
                insns = (ulong)instructions,
                license = (ulong)license,
                log_level = 1,
                log_size = LogBytes,
                log_buf = (ulong)logStart,
                expected_attach_type = (uint)place,
            };
            try
            {
                return new Descriptor((int)Call(Libc.BPF_PROG_LOAD, load, "load a program"));
            }
            catch (LinuxException exception)
            {
                string last = Encoding.ASCII.GetString(log).TrimEnd('\0', '\n');
                throw new LinuxException(exception.Error, "bpf(2)", $"load a program: {last[Math.Max(0, last.Length - 400)..]}");
            }
        }
    }

    private static uint[] Attached(Descriptor group, int place)
    {
        uint[] ids = new uint[ProgramsMax];
        fixed (uint* start = ids)
        {
            var query = new Libc.BpfProgQuery { target_fd = (uint)group.Number, attach_type = (uint)place, prog_ids = (ulong)start, prog_cnt = ProgramsMax };
            _ = Call(Libc.BPF_PROG_QUERY, query, "list the programs of a control group");
        }

        return [.. ids.TakeWhile(id => id != 0)];
    }

    private static void Detach(Descriptor group, int place, uint id)
    {
        using var program = new Descriptor((int)Call(Libc.BPF_PROG_GET_FD_BY_ID, id, $"open program {id}"));
        _ = Call(Libc.BPF_PROG_DETACH, new Libc.BpfProgAttach { target_fd = (uint)group.Number, attach_bpf_fd = (uint)program.Number, attach_type = (uint)place }, $"detach program {id}");
    }

    private static long Call<T>(int command, T attributes, string what)
        where T : unmanaged
    {
        byte* bytes = stackalloc byte[AttributeBytes];
        new Span<byte>(bytes, AttributeBytes).Clear();
        Unsafe.WriteUnaligned(bytes, attributes);
        return LinuxException.ThrowIfNegative(Libc.syscall(Libc.SYS_bpf, command, (nint)bytes, AttributeBytes, 0, 0, 0), "bpf(2)", what);
    }
}
