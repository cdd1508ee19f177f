using System.Diagnostics;

namespace Figment.Linux.Tests.Abi;

/// <summary>A C program compiled with the installed headers and run.</summary>
internal static class CProgram
{
    public const string Headers = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <sched.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <termios.h>
        #include <time.h>
        #include <unistd.h>
        #include <netinet/in.h>
        #include <netinet/tcp.h>
        #include <netinet/udp.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/mount.h>
        #include <sys/prctl.h>
        #include <sys/ptrace.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <sys/user.h>
        #include <sys/wait.h>
        #include <linux/audit.h>
        #include <linux/bpf.h>
        #include <linux/capability.h>
        #include <linux/close_range.h>
        #include <linux/fib_rules.h>
        #include <linux/filter.h>
        #include <linux/fs.h>
        #include <linux/gen_stats.h>
        #include <linux/if.h>
        #include <linux/if_link.h>
        #include <linux/netlink.h>
        #include <linux/netfilter/nfnetlink.h>
        #include <linux/openat2.h>
        #include <linux/pkt_sched.h>
        #include <linux/rtnetlink.h>
        #include <linux/inet_diag.h>
        #include <linux/magic.h>
        #include <linux/seccomp.h>
        #include <linux/sock_diag.h>
        #include <linux/userfaultfd.h>
        #include <linux/veth.h>
        #define LINUX_CAPABILITY_VERSION_3 _LINUX_CAPABILITY_VERSION_3
        #define X32_SYSCALL_BIT __X32_SYSCALL_BIT
        /* Newer than the headers of Debian 12: as linux/seccomp.h, linux/pidfd.h, linux/userfaultfd.h and linux/fs.h of Linux 6.9 have them. */
        #ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
        #define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
        #define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
        #endif
        #ifndef PIDFD_THREAD
        #define PIDFD_THREAD O_EXCL
        #endif
        #ifndef UFFD_FEATURE_WP_UNPOPULATED
        #define UFFD_FEATURE_WP_UNPOPULATED (1<<13)
        #endif
        #ifndef UFFD_FEATURE_WP_ASYNC
        #define UFFD_FEATURE_WP_ASYNC (1<<15)
        #endif
        #ifndef PAGEMAP_SCAN
        #define PAGE_IS_WRITTEN (1 << 1)
        #define PAGE_IS_FILE (1 << 2)
        #define PAGE_IS_PRESENT (1 << 3)
        #define PAGE_IS_SWAPPED (1 << 4)
        #define PAGE_IS_PFNZERO (1 << 5)
        #define PM_SCAN_WP_MATCHING (1 << 0)
        #define PM_SCAN_CHECK_WPASYNC (1 << 1)
        struct page_region { __u64 start, end, categories; };
        struct pm_scan_arg { __u64 size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, category_mask, category_anyof_mask, return_mask; };
        #define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)
        #endif
        /* Kernel-only: arch/x86/include/uapi/asm/signal.h, not exposed beside the C library's. */
        struct kernel_sigaction { void *handler; unsigned long flags; void *restorer; unsigned long long mask; };

        """;

    /// <summary>What it prints, line by line.</summary>
    public static string[] Run(string body)
    {
        string folder = Directory.CreateTempSubdirectory("figment-abi-").FullName;
        try
        {
            return Execute(Compile(folder, Headers + "int main(void) {\n" + body + "return 0;\n}\n"), []).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>The program's path.</returns>
    public static string Compile(string folder, string text)
    {
        string source = Path.Combine(folder, "program.c");
        string program = Path.Combine(folder, "program");
        File.WriteAllText(source, text);
        Execute("gcc", ["-w", "-o", program, source]);
        return program;
    }

    private static string Execute(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {errors.GetAwaiter().GetResult()}");
        return output;
    }
}
