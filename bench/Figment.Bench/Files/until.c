/* until COUNT MAX: as a restore without CAP_CHECKPOINT_RESTORE gets the process numbers that it needs: it forks, in a PID namespace of its own with that pid_max, until each comes, and lets go of the others.
 * Wanted are 1000+COUNT-1 down to 1000: each but the first comes when the kernel has been through all numbers. Prints the microseconds that it took. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int get(int wanted)
{
    for (;;) {
        /* Not one instruction too many: it shares the memory of this process, which waits for it. */
        int pid = vfork();
        if (pid == 0)
            _exit(0);
        if (pid < 0 || waitpid(pid, 0, 0) != pid)
            return 1;
        if (pid == wanted - 1)
            break;
    }
    int pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    return pid != wanted;
}

int main(int count, char **words)
{
    int processes = count == 3 ? atoi(words[1]) : 0;
    if (processes < 1 || unshare(CLONE_NEWPID) != 0) {
        fprintf(stderr, "until COUNT MAX, as root\n");
        return 2;
    }
    int first = fork();
    if (first != 0) {
        int status = 1;
        return first < 0 || waitpid(first, &status, 0) != first || status != 0;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);

    /* Of this namespace alone, from Linux 6.14 on; before that it is the machine's. */
    FILE *most = fopen("/proc/sys/kernel/pid_max", "w");
    if (most == 0 || fputs(words[2], most) < 0 || fclose(most) != 0) {
        perror("pid_max");
        return 1;
    }
    struct timespec begun, done;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (int number = processes - 1; number >= 0; number--)
        if (get(1000 + number) != 0)
            return 1;
    clock_gettime(CLOCK_MONOTONIC, &done);
    printf("%lld\n", (done.tv_sec - begun.tv_sec) * 1000000LL + (done.tv_nsec - begun.tv_nsec) / 1000);
    return 0;
}
