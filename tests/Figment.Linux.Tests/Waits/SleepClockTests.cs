using System.Diagnostics;
using System.Globalization;
using Figment.Linux.Tests.Abi;
using Figment.Linux.Waits;

namespace Figment.Linux.Tests.Waits;

public sealed class SleepClockTests : IDisposable
{
    /// <summary>Prints when it is about to sleep.</summary>
    private const string Sleeping = """
        #include <time.h>
        int main(void) {
            struct timespec now, span = {1000, 0};
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            clock_gettime(CLOCK_MONOTONIC, &now);
            printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
            fflush(stdout);
            nanosleep(&span, 0);
        }
        """;

    /// <summary>What this machine's host may steal in a second, and what a busy machine takes from the sentence "I sleep now" to the sleep.</summary>
    private static readonly TimeSpan Error = TimeSpan.FromMilliseconds(250);

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-sleep-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_moment_a_thread_fell_asleep_is_known_later()
    {
        using var process = Process.Start(new ProcessStartInfo(CProgram.Compile(_folder, CProgram.Headers + Sleeping)) { RedirectStandardOutput = true })!;
        try
        {
            long said = long.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
            using (var pause = new ManualResetEventSlim())
            {
                pause.Wait(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            }

            long found = Assert.NotNull(SleepClock.FellAsleep(process.Id, process.Id));

            Assert.InRange(TimeSpan.FromMicroseconds((found - said) / 1000), -Error, Error);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }

        Assert.Null(SleepClock.FellAsleep(process.Id, process.Id));
    }
}
