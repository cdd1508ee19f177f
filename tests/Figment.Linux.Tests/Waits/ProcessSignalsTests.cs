using Figment.Linux.Waits;

namespace Figment.Linux.Tests.Waits;

public sealed class ProcessSignalsTests
{
    [Fact]
    public void Signals_of_thread_and_process_are_read_together()
    {
        var signals = ProcessSignals.Parse(["Name:\tx", "SigPnd:\t0000000000000001", "ShdPnd:\t0000000000002000", "SigBlk:\t0000000000000004", "SigCgt:\t0000000000002000"]);

        Assert.Equal((0x2001UL, true), (signals.Pending, signals.CatchesAlarm));
    }

    [Fact]
    public void A_process_that_is_gone_has_none()
    {
        Assert.Null(ProcessSignals.Of(int.MaxValue, int.MaxValue));
        Assert.False(ProcessSignals.HasTimers(int.MaxValue));
    }
}
