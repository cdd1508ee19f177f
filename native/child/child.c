// A process that is forked and then performs a prepared list of system calls (src/Figment.Linux/Children/PreparedChild).
//
// It stands in C because managed code may not run after a fork, not even a loop without allocations: the runtime polls for the collector after its calls,
// and if another thread had just asked for a collection when this one forked, the child would wait for it for ever.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the system call below is written for x86-64"
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

__attribute__((noreturn)) static void perform(const struct work *argument)
{
    const struct work work = *argument;
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
    for (;;)
        call(SYS_exit_group, EXIT_WITHOUT_EXEC, 0, 0, 0, 0, 0);
}

// clone3(2), which the C library does not offer: the child begins on a stack of its own and never returns. Returns the parent's result.
static long clone_to(const struct clone_args *args, const struct work *work)
{
    register void (*begin)(const struct work *) __asm__("r12") = perform;
    register const struct work *argument __asm__("r13") = work;
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r13, %%rdi\n\t"
                     "call *%%r12\n"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone3), "D"(args), "S"(sizeof *args), "r"(begin), "r"(argument)
                     : "rcx", "r11", "memory");
    return result;
}

// Forks with the flags of clone3(2) given; the child performs the steps on the stack whose upper end is given. Signals stay blocked in it until a step unblocks them.
// It is born in the control group whose folder (version 2) the descriptor names, -1 for the caller's own.
// With CLONE_VM it copies no memory: steps and stack must stay until it was executed or has ended.
// Returns the child's process id and sets *pidfd, or the negated error number.
int32_t figment_fork_child(uint64_t flags, int32_t group, const struct step *steps, int32_t count, int32_t status, char *stack, int32_t stack_bytes, int32_t *pidfd)
{
    uint64_t all = UINT64_MAX, before = 0;
    // At the top of the child's stack: this function's own frame is gone when the child first looks.
    char *top = (char *)((uintptr_t)(stack + stack_bytes - sizeof(struct work)) & ~(uintptr_t)15);
    struct work *work = (struct work *)top;
    *work = (struct work){steps, count, status};
    struct clone_args args = {
        .flags = flags | CLONE_PIDFD | (group >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uintptr_t)stack,
        .stack_size = (uint64_t)(top - stack),
        .cgroup = group >= 0 ? (uint64_t)group : 0,
    };
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, sizeof all, 0, 0);
    long pid = clone_to(&args, work);
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before, 0, 0);
    return (int32_t)pid;
}
