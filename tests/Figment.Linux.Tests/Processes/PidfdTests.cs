using System.Diagnostics;
using Figment.Linux.Errors;
using Figment.Linux.Processes;

namespace Figment.Linux.Tests.Processes;

public sealed class PidfdTests
{
    [Fact]
    public void A_signal_reaches_the_process_and_only_while_it_lives()
    {
        using var sleep = Process.Start("sleep", "60");
        using var pidfd = Pidfd.Open(sleep.Id);

        Assert.False(pidfd.AwaitEnd(TimeSpan.Zero));
        Assert.True(pidfd.Signal(15));
        Assert.True(pidfd.AwaitEnd(TimeSpan.FromSeconds(10)));
        sleep.WaitForExit();

        Assert.Equal(143, sleep.ExitCode);
        Assert.False(pidfd.Signal(15));
    }

    [Fact]
    public void A_process_that_is_not_there_is_said_by_name()
    {
        var missing = Assert.Throws<LinuxException>(() => Pidfd.Open(int.MaxValue));
        Assert.Equal(Errno.ESRCH, missing.Error);
        Assert.Contains("pidfd_open(2) process 2147483647: ESRCH", missing.Message, StringComparison.Ordinal);
    }
}
