using Figment.Box.Tests.Harness;

namespace Figment.Box.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void The_last_word_says_what_processor_time_the_machine_used()
    {
        using var idle = TestBox.Start(_network, TestMachines.Host("/bin/true"));
        long least = idle.ExpectExit().ProcessorUs!.Value;
        using var busy = TestBox.Start(_network, TestMachines.Host("/bin/sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done & wait"));
        long most = busy.ExpectExit().ProcessorUs!.Value;

        Assert.True(least > 0 && most > 10 * least, $"{least} and {most} µs");
    }
}
