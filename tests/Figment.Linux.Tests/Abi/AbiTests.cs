using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Figment.Linux.Consoles;
using Figment.Linux.Credentials;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Native;
using Figment.Linux.Polling;
using Figment.Linux.Seccomp;

namespace Figment.Linux.Tests.Abi;

/// <summary>Every number and layout that Figment.Linux passes to the kernel, compared with what the C compiler makes of the installed headers.</summary>
public sealed partial class AbiTests
{
    /// <summary>Names of ours, names of C.</summary>
    private static readonly Dictionary<string, (Type Type, string[] Fields)> Structures = new()
    {
        ["struct epoll_event"] = (typeof(Libc.EpollEvent), ["events", "data"]),
        ["siginfo_t"] = (typeof(Libc.Siginfo), ["si_signo", "si_code", "si_pid", "si_uid", "si_status"]),
        ["struct iovec"] = (typeof(Libc.Iovec), ["iov_base", "iov_len"]),
        ["struct msghdr"] = (typeof(Libc.Msghdr), ["msg_name", "msg_namelen", "msg_iov", "msg_iovlen", "msg_control", "msg_controllen", "msg_flags"]),
        ["struct cmsghdr"] = (typeof(Libc.Cmsghdr), ["cmsg_len", "cmsg_level", "cmsg_type"]),
        ["struct kernel_sigaction"] = (typeof(Libc.KernelSigaction), ["handler", "flags", "restorer", "mask"]),
        ["struct rlimit64"] = (typeof(Libc.Rlimit64), ["rlim_cur", "rlim_max"]),
        ["struct seccomp_notif_resp"] = (typeof(Libc.SeccompNotifResp), ["id", "val", "error", "flags"]),
        ["struct seccomp_notif_addfd"] = (typeof(Libc.SeccompNotifAddfd), ["id", "flags", "srcfd", "newfd", "newfd_flags"]),
        ["struct sock_fprog"] = (typeof(Libc.SockFprog), ["len", "filter"]),
        ["struct mount_attr"] = (typeof(Libc.MountAttr), ["attr_set", "attr_clr", "propagation", "userns_fd"]),
        ["struct open_how"] = (typeof(Libc.OpenHow), ["flags", "mode", "resolve"]),
        ["struct user_regs_struct"] = (typeof(Libc.UserRegisters), ["r15", "rax", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "gs"]),
        ["struct __ptrace_rseq_configuration"] = (typeof(Libc.RseqConfiguration), ["rseq_abi_pointer", "rseq_abi_size", "signature", "flags", "pad"]),
        ["struct pollfd"] = (typeof(Libc.Pollfd), ["fd", "events", "revents"]),
        ["struct uffdio_api"] = (typeof(Libc.UserfaultApi), ["api", "features", "ioctls"]),
        ["struct uffdio_register"] = (typeof(Libc.UserfaultRegister), ["range.start", "range.len", "mode", "ioctls"]),
        ["struct uffdio_range"] = (typeof(Libc.UserfaultRange), ["start", "len"]),
        ["struct uffdio_writeprotect"] = (typeof(Libc.UserfaultWriteProtect), ["range.start", "range.len", "mode"]),
        ["struct uffdio_copy"] = (typeof(Libc.UserfaultCopy), ["dst", "src", "len", "mode", "copy"]),
        ["struct uffdio_zeropage"] = (typeof(Libc.UserfaultZero), ["range.start", "range.len", "mode", "zeropage"]),
        ["struct page_region"] = (typeof(Libc.PageRegion), ["start", "end", "categories"]),
        ["struct pm_scan_arg"] = (typeof(Libc.PagemapScan), ["size", "flags", "start", "end", "walk_end", "vec", "vec_len", "max_pages", "category_inverted", "category_mask", "category_anyof_mask", "return_mask"]),
        ["struct bpf_insn"] = (typeof(Libc.BpfInsn), ["code", "off", "imm"]),
    };

    [Fact]
    public void Constants_with_native_names_have_their_native_values()
    {
        var constants = typeof(Descriptor).Assembly.GetTypes()
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => field.IsLiteral && !field.DeclaringType!.IsEnum && NativeName().IsMatch(field.Name))
            .Select(field => (field.Name, Value: Bits(field.GetRawConstantValue()!)))
            .Distinct()
            .ToList();

        Assert.True(constants.Count > 100, "the constants were not found");
        AssertValues(constants);
    }

    [Fact]
    public void Flags_and_errors_have_their_native_values()
    {
        (string, ulong)[] flags =
        [
            ("CLONE_NEWTIME", (ulong)NamespaceKind.Time), ("CLONE_NEWNS", (ulong)NamespaceKind.Mount), ("CLONE_NEWCGROUP", (ulong)NamespaceKind.Cgroup),
            ("CLONE_NEWUTS", (ulong)NamespaceKind.Uts), ("CLONE_NEWIPC", (ulong)NamespaceKind.Ipc), ("CLONE_NEWUSER", (ulong)NamespaceKind.User),
            ("CLONE_NEWPID", (ulong)NamespaceKind.Pid), ("CLONE_NEWNET", (ulong)NamespaceKind.Network),
            ("MS_RDONLY", (ulong)MountFlags.ReadOnly), ("MS_NOSUID", (ulong)MountFlags.NoSetUser), ("MS_NODEV", (ulong)MountFlags.NoDevices), ("MS_NOEXEC", (ulong)MountFlags.NoExecute),
            ("MS_REMOUNT", (ulong)MountFlags.Remount), ("MS_BIND", (ulong)MountFlags.Bind), ("MS_REC", (ulong)MountFlags.Recursive), ("MS_PRIVATE", (ulong)MountFlags.Private),
            ("MS_SLAVE", (ulong)MountFlags.Slave), ("MS_SHARED", (ulong)MountFlags.Shared), ("MS_STRICTATIME", (ulong)MountFlags.StrictAccessTime),
            ("EPOLLIN", (ulong)PollEvents.Readable), ("EPOLLPRI", (ulong)PollEvents.Priority), ("EPOLLOUT", (ulong)PollEvents.Writable), ("EPOLLERR", (ulong)PollEvents.Error), ("EPOLLHUP", (ulong)PollEvents.HungUp),
            ("EPOLLRDHUP", (ulong)PollEvents.PeerClosed), ("EPOLLONESHOT", (ulong)PollEvents.OneShot), ("(unsigned)EPOLLET", (ulong)PollEvents.EdgeTriggered),
            ("SYS_connect", (ulong)TrappedCallKind.Connect), ("SYS_bind", (ulong)TrappedCallKind.Bind), ("SYS_listen", (ulong)TrappedCallKind.Listen), ("SYS_getsockopt", (ulong)TrappedCallKind.AcceptsConnections),
            ("CAP_LAST_CAP", (ulong)CapabilitySet.Last), ("sizeof(struct sockaddr_in6)", InternetEndpoint.BytesMax),
        ];
        AssertValues(flags);
        AssertValues(Enum.GetValues<Errno>().Where(error => error != Errno.None).Select(error => (error.ToString(), (ulong)error)));
        AssertValues(Enumerable.Range(0, CapabilitySet.Last + 1).Select(number => ("CAP_" + CapabilitySet.Name(number), (ulong)number)));
    }

    [Fact]
    public void Denied_calls_have_their_numbers() =>
        AssertValues(DenyList.Rules.Select(rule => ("SYS_" + rule.Call, (ulong)rule.Number)));

    [Fact]
    public void Socket_options_have_their_numbers()
    {
        AssertValues(SocketOptions.All.Select(option => (option.Name, (ulong)option.Number)));
        AssertValues([("SO_SNDBUFFORCE", (ulong)SocketOptions.All.Single(option => option.Name == "SO_SNDBUF").SetNumber!), ("SO_RCVBUFFORCE", (ulong)SocketOptions.All.Single(option => option.Name == "SO_RCVBUF").SetNumber!)]);
    }

    [Fact]
    public void Structures_have_their_native_layout()
    {
        AssertValues(
            from structure in Structures
            from expected in structure.Value.Fields
                .Select(field => ($"offsetof({structure.Key}, {field})", (ulong)Marshal.OffsetOf(structure.Value.Type, field.Split('.')[^1])))
                .Append(($"sizeof({structure.Key})", (ulong)Marshal.SizeOf(structure.Value.Type)))
            select expected);
        AssertValues(
        [
            .. new (string, Type, string[])[]
            {
                ("", typeof(Libc.BpfMapCreate), ["map_type", "key_size", "value_size", "max_entries", "map_flags"]),
                ("", typeof(Libc.BpfMapElement), ["map_fd", "key", "value", "flags"]),
                ("", typeof(Libc.BpfProgLoad), ["prog_type", "insn_cnt", "insns", "license", "log_level", "log_size", "log_buf", "kern_version", "prog_flags", "prog_name", "prog_ifindex", "expected_attach_type"]),
                ("", typeof(Libc.BpfProgAttach), ["target_fd", "attach_bpf_fd", "attach_type", "attach_flags"]),
                ("query.", typeof(Libc.BpfProgQuery), ["target_fd", "attach_type", "query_flags", "attach_flags", "prog_ids", "prog_cnt"]),
            }.SelectMany(part => part.Item3.Select(field => ($"offsetof(union bpf_attr, {part.Item1}{field})", (ulong)Marshal.OffsetOf(part.Item2, field)))),
        ]);
        AssertValues(
            new (string Native, string Ours)[]
            {
                ("nlink", "Links"), ("uid", "User"), ("gid", "Group"), ("mode", "Mode"), ("ino", "Inode"), ("size", "Size"), ("ctime.tv_sec", "ChangedSeconds"), ("ctime.tv_nsec", "ChangedNanoseconds"), ("mtime.tv_sec", "ModifiedSeconds"), ("mtime.tv_nsec", "ModifiedNanoseconds"),
                ("rdev_major", "DeviceMajor"), ("rdev_minor", "DeviceMinor"), ("dev_major", "FileSystemMajor"), ("dev_minor", "FileSystemMinor"),
            }.Select(field => ($"offsetof(struct statx, stx_{field.Native})", (ulong)Marshal.OffsetOf<Libc.StatxResult>(field.Ours))).Append(("sizeof(struct statx)", (ulong)Marshal.SizeOf<Libc.StatxResult>())));
        AssertValues(
        [
            ("offsetof(struct termios, c_lflag)", RawMode.LocalFlagsOffset), ("offsetof(struct termios, c_cc)", RawMode.CharactersOffset),
            ("ICANON", RawMode.ICANON), ("ECHO", RawMode.ECHO), ("VTIME", RawMode.VTIME), ("VMIN", RawMode.VMIN),
        ]);
        AssertValues(
            new (string Native, string Ours)[]
            {
                ("event", "event"), ("arg.pagefault.address", "fault_address"), ("arg.fork.ufd", "fork_ufd"), ("arg.remap.from", "start"), ("arg.remap.to", "end"), ("arg.remap.len", "remap_len"), ("arg.remove.start", "start"), ("arg.remove.end", "end"),
            }.Select(field => ($"offsetof(struct uffd_msg, {field.Native})", (ulong)Marshal.OffsetOf<Libc.UserfaultMessage>(field.Ours))).Append(("sizeof(struct uffd_msg)", (ulong)Marshal.SizeOf<Libc.UserfaultMessage>())));
        AssertValues([("sizeof(struct seccomp_notif)", 80), ("sizeof(struct sock_filter)", (ulong)Marshal.SizeOf<BpfInstruction>())]);
    }

    private static void AssertValues(IEnumerable<(string Name, ulong Value)> expected)
    {
        var list = expected.ToList();
        string body = string.Concat(list.Select(constant => $"printf(\"%llu\\n\", (unsigned long long)({constant.Name}));\n"));
        ulong[] actual = [.. CProgram.Run(body).Select(line => ulong.Parse(line, CultureInfo.InvariantCulture))];

        Assert.Equal(list.Count, actual.Length);
        Assert.Empty(list.Zip(actual).Where(pair => pair.First.Value != pair.Second).Select(pair => $"{pair.First.Name} is {pair.Second}, not {pair.First.Value}"));
    }

    private static ulong Bits(object value) => value is IConvertible number and not (ulong or uint) ? unchecked((ulong)number.ToInt64(CultureInfo.InvariantCulture)) : Convert.ToUInt64(value, CultureInfo.InvariantCulture);

    [GeneratedRegex("^([A-Z][A-Z0-9]*[0-9A-Z]_[A-Za-z0-9_]+|[A-Z]_[A-Z]+|SIG[A-Z]+|TIOC[A-Z]+|WNOHANG|WEXITED)$")]
    private static partial Regex NativeName();
}
