using Figment.Linux.Children;
using Figment.Linux.Errors;
using Figment.Linux.Memory;
using Figment.Linux.Namespaces;

namespace Figment.Linux.Tests.Memory;

public sealed class ProcessMemoryTests
{
    private const int Nobody = 4_190_000;

    /// <summary>One that its parent has not waited for, and one that is not there at all.</summary>
    [Fact]
    public void Of_a_process_that_has_ended_it_says_so()
    {
        using var child = new PreparedChild();
        child.AddExecute(["/bin/true"], ["true"], []);
        using var process = child.Start(NamespaceKind.None);
        Assert.True(process.AwaitEnd(TimeSpan.FromSeconds(10)));

        Assert.Equal(Errno.ESRCH, Assert.Throws<LinuxException>(() => ProcessMemory.Open(process.Pid)).Error);
        Assert.Equal(0, ProcessMemory.Read(process.Pid, 0x1000, new byte[1]));
        process.Wait();
        Assert.Equal(Errno.ESRCH, Assert.Throws<LinuxException>(() => ProcessMemory.Open(Nobody)).Error);
    }
}
