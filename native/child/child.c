// A process that is forked and then performs a prepared list of system calls (src/Figment.Linux/Children/PreparedChild).
//
// It stands in C because managed code may not run after a fork, not even a loop without allocations: the runtime polls for the collector after its calls,
// and if another thread had just asked for a collection when this one forked, the child would wait for it for ever.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the system call below is written for x86-64"
#endif

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

// The same layout as ChildStep.
struct step {
    intptr_t number, a, b, c, d, e, f;
    int32_t tolerated, also_tolerated; // errors that are as good as success
    int32_t go_on_after_failure;       // a failure is reported and the next step made
    int32_t tell_result;               // the result is reported
    int32_t zero_ends;                 // a result of 0 ends the child: the parent is gone
};

struct report {
    int32_t index, error;
    int64_t result;
};

struct work {
    const struct step *steps;
    int32_t count, status;
};

// Ends a child whose list ran out without an exec; the parent sees no report for it.
enum { EXIT_WITHOUT_EXEC = 125 };

// The C library's would write errno, which a child that shares memory shares with the thread that forked it. Returns the negated error number.
static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

static int perform(void *argument)
{
    const struct work work = *(const struct work *)argument;
    for (int32_t index = 0; index < work.count; index++) {
        const struct step *step = &work.steps[index];
        long result;
        do
            result = call(step->number, step->a, step->b, step->c, step->d, step->e, step->f);
        while (result == -EINTR);
        int32_t error = result < 0 && result >= -4095 ? (int32_t)-result : 0;

        if (error != 0 && (error == step->tolerated || error == step->also_tolerated))
            continue;
        if (error != 0 || step->tell_result) {
            struct report report = {index, error, error != 0 ? -1 : result};
            if (call(SYS_write, work.status, (long)&report, sizeof report, 0, 0, 0) < 0)
                break;
        }
        if ((error != 0 && !step->go_on_after_failure) || (result == 0 && step->zero_ends))
            break;
    }
    call(SYS_exit_group, EXIT_WITHOUT_EXEC, 0, 0, 0, 0, 0);
    return EXIT_WITHOUT_EXEC;
}

// Forks with the clone(2) flags given; the child performs the steps on the stack whose upper end is given. Signals stay blocked in it until a step unblocks them.
// With CLONE_VM it copies no memory: steps and stack must stay until it was executed or has ended.
// Returns the child's process id and sets *pidfd, or the negated error number.
int32_t figment_fork_child(int32_t flags, const struct step *steps, int32_t count, int32_t status, void *stack, int32_t *pidfd)
{
    uint64_t all = UINT64_MAX, before = 0;
    struct work work = {steps, count, status};
    // At the top of the child's stack: this function's own frame is gone when the child first looks.
    struct work *kept = (struct work *)(((uintptr_t)stack - sizeof work) & ~(uintptr_t)15);
    *kept = work;
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, sizeof all, 0, 0);
    int pid = clone(perform, kept, flags | CLONE_PIDFD | SIGCHLD, kept, pidfd);
    int error = pid < 0 ? errno : 0;
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before, 0, 0);
    return pid < 0 ? -error : pid;
}
