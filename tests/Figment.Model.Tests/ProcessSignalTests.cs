using Figment.Model.Specs;

namespace Figment.Model.Tests;

public sealed class ProcessSignalTests
{
    [Theory]
    [InlineData("SIGINT", 2)]
    [InlineData("quit", 3)]
    [InlineData("9", 9)]
    [InlineData("IOT", 6)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("RTMIN", 34)]
    public void A_signal_is_a_name_or_a_number(string text, int number) => Assert.Equal(number, ProcessSignal.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("SIGNOPE")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN+2147483647")]
    [InlineData("-1")]
    public void What_is_no_signal_is_refused(string text) => Assert.Null(ProcessSignal.Parse(text));
}
