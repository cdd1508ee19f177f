using System.Diagnostics;
using System.Globalization;
using Figment.Linux.Polling;
using Figment.Linux.Tests.Abi;
using Figment.Linux.Waits;
using Figment.Tests;

namespace Figment.Linux.Tests.Waits;

/// <summary>A program whose threads wait in every way that is known, and what the kernel says of them.</summary>
public sealed class ThreadWaitsTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Each thread prints its way to wait, its number and the descriptors that it waits on, then waits.</summary>
    private const string Waiting = """
        #include <pthread.h>
        #include <semaphore.h>
        #include <stdlib.h>
        #include <string.h>
        #include <time.h>
        #include <sys/msg.h>
        #include <sys/select.h>
        #include <sys/sem.h>
        #include <linux/futex.h>
        #define S 77
        static const char *names[] = {"read", "accept", "recv", "recvmsg", "epoll_wait", "epoll_forever", "epoll_pwait2", "poll", "ppoll", "select", "pselect", "nanosleep", "until",
            "futex", "futex_until", "futex_forever", "pause", "sigtimedwait", "wait", "semop", "msgrcv", "sleep_in_poll", "spin"};
        static int value, semaphores, messages;
        static void say(int k, int a, int b) { printf("%s %ld %d %d\n", names[k], syscall(SYS_gettid), a, b); fflush(stdout); }
        static void *waiting(void *x) {
            int k = (long)x, p[2], q[2];
            struct timespec span = {S, 5}, until;
            struct timeval old = {S, 5};
            struct epoll_event event;
            char c;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_sec = 100000000;
            pipe(p);
            socketpair(AF_UNIX, SOCK_STREAM, 0, q);
            int e = epoll_create1(0), l = socket(AF_INET, SOCK_STREAM, 0);
            listen(l, 1);
            switch (k) {
            case 0: say(k, p[0], -1); read(p[0], &c, 1); break;
            case 1: say(k, l, -1); accept(l, 0, 0); break;
            case 2: say(k, q[0], -1); recv(q[0], &c, 1, 0); break;
            case 3: { struct iovec v = {&c, 1}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1}; say(k, q[0], -1); recvmsg(q[0], &m, 0); } break;
            case 4: say(k, e, -1); epoll_wait(e, &event, 1, S * 1000); break;
            case 5: say(k, e, -1); epoll_wait(e, &event, 1, -1); break;
            case 6: say(k, e, -1); syscall(441, e, &event, 1, &span, 0, 8); break;
            case 7: { struct pollfd f[3] = {{p[0], POLLIN}, {-1, POLLIN}, {q[0], POLLIN | POLLPRI}}; say(k, p[0], q[0]); poll(f, 3, S * 1000); } break;
            case 8: { struct pollfd f[2] = {{p[0], POLLIN}, {q[0], POLLIN}}; say(k, p[0], q[0]); ppoll(f, 2, &span, 0); } break;
            case 9: { fd_set r, x; FD_ZERO(&r); FD_ZERO(&x); FD_SET(p[0], &r); FD_SET(q[0], &r); say(k, p[0], q[0]); syscall(SYS_select, q[0] + 1, &r, 0, &x, &old); } break;
            case 10: { fd_set r; FD_ZERO(&r); FD_SET(p[0], &r); FD_SET(q[0], &r); say(k, p[0], q[0]); pselect(q[0] + 1, &r, 0, 0, &span, 0); } break;
            case 11: say(k, -1, -1); syscall(SYS_nanosleep, &span, 0); break;
            case 12: say(k, -1, -1); clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0); break;
            case 13: say(k, -1, -1); syscall(SYS_futex, &value, FUTEX_WAIT_PRIVATE, 0, &span, 0, 0); break;
            case 14: say(k, -1, -1); syscall(SYS_futex, &value, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, 0, FUTEX_BITSET_MATCH_ANY); break;
            case 15: say(k, -1, -1); syscall(SYS_futex, &value, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0); break;
            case 16: say(k, -1, -1); pause(); break;
            case 17: { sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1); say(k, -1, -1); sigtimedwait(&s, 0, &span); } break;
            case 18: say(k, -1, -1); if (fork() == 0) { prctl(PR_SET_PDEATHSIG, SIGKILL); for (;;) pause(); } wait(0); break;
            case 19: { struct sembuf o = {0, -1, 0}; semaphores = semget(IPC_PRIVATE, 1, 0600); say(k, -1, -1); semtimedop(semaphores, &o, 1, &span); } break;
            case 20: { char b[16]; messages = msgget(IPC_PRIVATE, 0600); say(k, -1, -1); msgrcv(messages, b, 8, 0, 0); } break;
            case 21: say(k, -1, -1); poll(0, 0, S * 1000); break;
            case 22: say(k, -1, -1); for (;;) ; break;
            }
            return 0;
        }
        int main(void) {
            pthread_t t;
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (long k = 0; k < (long)(sizeof names / sizeof *names); k++) pthread_create(&t, 0, waiting, (void *)k);
            puts("all"); fflush(stdout);
            char c; read(0, &c, 1); semctl(semaphores, 0, IPC_RMID); msgctl(messages, IPC_RMID, 0); _exit(0);
        }
        """;

    private const long SpanNanoseconds = 77_000_000_005;
    private const long MillisecondSpanNanoseconds = 77_000_000_000;
    private const long UntilSeconds = 100_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-waits-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_way_to_wait_is_told_with_its_descriptors_and_limit()
    {
        using var process = Process.Start(new ProcessStartInfo(CProgram.Compile(_folder, CProgram.Headers + Waiting)) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        try
        {
            var threads = Said(process);
            var waits = OnceAllWait(process.Id, threads["spin"].Thread);

            AssertWait("read", WaitReason.Descriptors, null, PollEvents.Readable);
            AssertWait("accept", WaitReason.Descriptors, null, PollEvents.Readable);
            AssertWait("recv", WaitReason.Descriptors, null, PollEvents.Readable);
            AssertWait("recvmsg", WaitReason.Descriptors, null, PollEvents.Readable);
            AssertWait("epoll_wait", WaitReason.Descriptors, new WaitLimit(MillisecondSpanNanoseconds, null), PollEvents.Readable);
            AssertWait("epoll_forever", WaitReason.Descriptors, null, PollEvents.Readable);
            AssertWait("epoll_pwait2", WaitReason.Descriptors, new WaitLimit(SpanNanoseconds, null), PollEvents.Readable);
            AssertWait("poll", WaitReason.Descriptors, new WaitLimit(MillisecondSpanNanoseconds, null), PollEvents.Readable, PollEvents.Readable | PollEvents.Priority);
            AssertWait("ppoll", WaitReason.Descriptors, new WaitLimit(SpanNanoseconds, null), PollEvents.Readable, PollEvents.Readable);
            AssertWait("select", WaitReason.Descriptors, new WaitLimit(MillisecondSpanNanoseconds + 5_000, null), PollEvents.Readable, PollEvents.Readable);
            AssertWait("pselect", WaitReason.Descriptors, new WaitLimit(SpanNanoseconds, null), PollEvents.Readable, PollEvents.Readable);
            AssertWait("nanosleep", WaitReason.Time, new WaitLimit(SpanNanoseconds, null));
            AssertWait("sleep_in_poll", WaitReason.Time, new WaitLimit(MillisecondSpanNanoseconds, null));
            AssertWait("futex", WaitReason.Others, new WaitLimit(SpanNanoseconds, null));
            AssertWait("futex_forever", WaitReason.Others, null);
            AssertWait("pause", WaitReason.Signal, null);
            AssertWait("sigtimedwait", WaitReason.Signal, new WaitLimit(SpanNanoseconds, null));
            AssertWait("wait", WaitReason.Others, null);
            AssertWait("semop", WaitReason.Others, new WaitLimit(SpanNanoseconds, null));
            AssertWait("msgrcv", WaitReason.Others, null);
            foreach (string name in new[] { "until", "futex_until" })
            {
                var limit = Assert.NotNull(waits[threads[name].Thread].Limit);
                Assert.Equal((UntilSeconds, 1), (limit.Nanoseconds / 1_000_000_000, limit.Clock));
            }

            Assert.Equal(WaitReason.Runs, waits[threads["spin"].Thread].Reason);

            void AssertWait(string name, WaitReason reason, WaitLimit? limit, params PollEvents[] events)
            {
                var wait = waits[threads[name].Thread];
                Assert.True(reason == wait.Reason && limit == wait.Limit, $"{name}: {wait}");
                Assert.Equal(threads[name].Descriptors.Where(number => number >= 0).Zip(events, (number, meaning) => new WaitedDescriptor(number, meaning)), wait.Descriptors);
            }
        }
        finally
        {
            process.StandardInput.Close();
            process.WaitForExit();
        }
    }

    [Fact]
    public void A_process_that_is_gone_has_no_threads()
    {
        using var process = Process.Start("true");
        process.WaitForExit();

        Assert.Empty(ThreadWaits.Of(process.Id));
    }

    [Theory]
    [InlineData("running\n", WaitReason.Runs)]
    [InlineData("-1 0x7ffc00000000 0x7f0000000000\n", WaitReason.Unknown)]
    [InlineData("219 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffc00000000 0x7f0000000000\n", WaitReason.Unknown)]
    [InlineData("0 0x3 0x1 0x1 0x0 0x0 0x0 0x7ffc00000000 0x7f0000000000\n", WaitReason.Descriptors)]
    [InlineData("0 0x3 0x1\n", WaitReason.Unknown)]
    [InlineData("0 3 1 1 0 0 0 7 7\n", WaitReason.Unknown)]
    [InlineData("7 0x1000 0xffffffffffffffff 0x0 0x0 0x0 0x0 0x7 0x7\n", WaitReason.Unknown)]
    [InlineData("23 0xffffffff 0x1000 0x0 0x0 0x0 0x0 0x7 0x7\n", WaitReason.Unknown)]
    [InlineData("35 0x1000 0x0 0x0 0x0 0x0 0x0 0x7 0x7\n", WaitReason.Unknown)]
    [InlineData("", WaitReason.Unknown)]
    public void A_line_that_says_nothing_of_a_wait_is_unknown(string line, WaitReason reason) =>
        Assert.Equal(reason, ThreadWaits.Parse(line, (_, _) => false).Reason);

    [Fact]
    [Trait("fuzz", "waits")]
    public void No_line_and_no_memory_makes_it_fail() =>
        new FuzzRun("waits", output).Run(random =>
        {
            long[] calls = [0, 7, 19, 23, 34, 35, 43, 45, 47, 61, 65, 70, 128, 130, 202, 219, 220, 230, 232, 247, 270, 271, 281, 288, 299, 441, random.Next(-2, 600)];
            string line = random.Next(20) == 0
                ? new string([.. Enumerable.Range(0, random.Next(80)).Select(_ => (char)random.Next(32, 127))])
                : $"{calls[random.Next(calls.Length)]} {string.Join(' ', Enumerable.Range(0, random.Next(5, 9)).Select(_ => "0x" + (random.NextInt64() >> random.Next(63)).ToString("x", CultureInfo.InvariantCulture)))}\n";
            var wait = ThreadWaits.Parse(line, (_, into) =>
            {
                random.NextBytes(into);
                return random.Next(10) != 0;
            });
            Assert.True(wait.Limit is not { Nanoseconds: < 0 }, line);
            Assert.True(wait.Descriptors.Count == 0 || wait.Reason == WaitReason.Descriptors, line);
            return wait.Reason != WaitReason.Unknown;
        });

    private static Dictionary<string, (int Thread, int[] Descriptors)> Said(Process process)
    {
        Dictionary<string, (int, int[])> threads = [];
        const int Threads = 23;
        while (threads.Count < Threads)
        {
            string line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the program ended");
            if (line.Split(' ') is [var name, var thread, var first, var second])
            {
                threads[name] = (int.Parse(thread, CultureInfo.InvariantCulture), [int.Parse(first, CultureInfo.InvariantCulture), int.Parse(second, CultureInfo.InvariantCulture)]);
            }
        }

        return threads;
    }

    private static IReadOnlyDictionary<int, ThreadWait> OnceAllWait(int process, int spinning)
    {
        var limit = Stopwatch.StartNew();
        while (true)
        {
            var waits = ThreadWaits.Of(process);
            if (waits.All(wait => wait.Key == spinning || wait.Value.Reason is not (WaitReason.Runs or WaitReason.Unknown)))
            {
                return waits;
            }

            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(10), string.Join('\n', waits));
            Thread.Yield();
        }
    }
}
