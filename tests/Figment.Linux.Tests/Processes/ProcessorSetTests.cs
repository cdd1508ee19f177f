using Figment.Linux.Errors;
using Figment.Linux.Processes;

namespace Figment.Linux.Tests.Processes;

public sealed class ProcessorSetTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0-3", "0-3")]
    [InlineData("0,1", "0-1")]
    [InlineData("5,0-2,7-8", "0-2,5,7-8")]
    [InlineData("3-3,8191", "3,8191")]
    public void A_list_is_read_and_written_as_the_kernel_does(string text, string written)
    {
        Assert.Equal(written, ProcessorSet.Parse(text).ToString());
        Assert.Equal(ProcessorSet.Parse(written), ProcessorSet.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("2-1")]
    [InlineData("0-1-2")]
    [InlineData("8192")]
    [InlineData("0-99999999999")]
    [InlineData(" 1")]
    [InlineData("0x1")]
    public void What_is_no_list_is_refused(string text) => Assert.Contains($"'{text}' is no list of processors", Assert.Throws<FormatException>(() => ProcessorSet.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_thread_gets_those_of_its_set_that_there_are()
    {
        string before = ProcessorSet.Of(0)!.ToString();
        string one = before.Split(',', '-')[0];
        string? after = null;
        Exception? none = null;
        var thread = new Thread(() =>
        {
            // What is thrown here would end the runner, and not the test.
            none = Record.Exception(() =>
            {
                ProcessorSet.Parse($"{one},8000").Give(0);
                after = Allowed();
                ProcessorSet.Parse("8000").Give(0);
            });
        });
        thread.Start();
        thread.Join();

        Assert.Equal(one, after);
        Assert.Equal(Errno.EINVAL, Assert.IsType<LinuxException>(none).Error);
        Assert.Equal(before, ProcessorSet.Of(0)!.ToString());
        Assert.Equal(Allowed(), before);
        Assert.Null(ProcessorSet.Of(int.MaxValue));

        // As the kernel has it.
        static string Allowed() => File.ReadLines("/proc/thread-self/status").Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[^1];
    }

    /// <summary>Rubbish is refused by name and nothing else.</summary>
    [Fact]
    public void Any_text_is_read_or_refused()
    {
        var random = new Random(20261128);
        for (int round = 0; round < 20_000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => "0123456789,,--- x"[random.Next(17)]));
            try
            {
                string written = ProcessorSet.Parse(text).ToString();
                Assert.Equal(written, ProcessorSet.Parse(written).ToString());
            }
            catch (FormatException exception)
            {
                Assert.Contains("is no list of processors", exception.Message, StringComparison.Ordinal);
            }
        }
    }
}
