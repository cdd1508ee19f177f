using System.Diagnostics;
using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Processes;

namespace Figment.Linux.Tests.Processes;

/// <summary>A leader that has ended, and a process that stands still.</summary>
public sealed class SessionTests
{
    [Fact]
    public void What_is_left_of_a_session_is_killed()
    {
        using var left = Left(out int session);
        Assert.Equal([left.Pid], Session.Kill(session));
        Assert.True(left.AwaitEnd(TimeSpan.FromSeconds(10)));
        Assert.Empty(Session.Kill(session));
    }

    private static Pidfd Left(out int leader)
    {
        using var started = Process.Start(new ProcessStartInfo("setsid", ["--fork", "sh", "-c", "sh -c 'kill -STOP $$' & echo $! $$"]) { RedirectStandardOutput = true })!;
        int[] numbers = [.. started.StandardOutput.ReadLine()!.Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        started.WaitForExit();
        leader = numbers[1];
        var left = Pidfd.Open(numbers[0]);
        try
        {
            using var ended = Pidfd.Open(leader);
            Assert.True(ended.AwaitEnd(TimeSpan.FromSeconds(10)));
        }
        catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
        {
            // So it has.
        }

        return left;
    }
}
