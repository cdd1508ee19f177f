using System.Buffers.Binary;
using Figment.Linux.Files;
using Figment.Migration.Criu;
using Figment.Migration.Lazy;
using Figment.Migration.Transfer;
using Figment.Tests;

namespace Figment.Migration.Tests.Lazy;

/// <summary>What CRIU says to whoever has the memory.</summary>
public sealed class LazyProtocolTests(ITestOutputHelper output)
{
    private const int Finished = 0x52535446;

    [Fact]
    public void Processes_come_with_their_descriptor_and_at_last_the_end()
    {
        var protocol = new LazyProtocol();
        Assert.Equal(4, protocol.Wanted);
        Assert.Null(Say(protocol, 7));
        Assert.Equal(1, protocol.Wanted);
        var (read, write) = FileCalls.Pipe();
        Assert.Equal(new LazyWord.Process(7, read), protocol.Add([0], [read]));
        Assert.Equal(new LazyWord.Ended(9), Say(protocol, -9));
        Assert.Null(protocol.Add([8, 0], []));
        Assert.Equal(2, protocol.Wanted);
        Assert.Null(protocol.Add([0, 0], []));
        Assert.Equal(new LazyWord.Process(8, write), protocol.Add([0], [write]));
        Assert.Equal(new LazyWord.Finished(), Say(protocol, Finished));
        Assert.False(read.IsClosed || write.IsClosed);
        read.Dispose();
        write.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(TransferLimits.ProcessMax + 1)]
    [InlineData(-TransferLimits.ProcessMax - 1)]
    public void Numbers_that_are_no_process_s_are_refused(int number) => Assert.Throws<CriuException>(() => Say(new LazyProtocol(), number));

    [Fact]
    public void What_does_not_belong_together_is_refused_and_closed()
    {
        var (read, write) = FileCalls.Pipe();
        Assert.Throws<CriuException>(() => new LazyProtocol().Add([1, 0, 0, 0], [read]));
        Assert.True(read.IsClosed);
        var two = new LazyProtocol();
        Say(two, 5);
        Assert.Throws<CriuException>(() => two.Add([0], []));
        var three = new LazyProtocol();
        Say(three, 5);
        var (other, another) = FileCalls.Pipe();
        Assert.Throws<CriuException>(() => three.Add([0], [other, another]));
        Assert.True(other.IsClosed && another.IsClosed);
        var twice = new LazyProtocol();
        Say(twice, 5);
        twice.Add([0], [write]);
        Assert.Throws<CriuException>(() => Say(twice, -5));
        var ended = new LazyProtocol();
        Say(ended, Finished);
        Assert.Throws<CriuException>(() => Say(ended, 1));
        write.Dispose();
    }

    [Fact, Trait("fuzz", "lazy-protocol")]
    public void Fuzz_lazy_protocol() => new FuzzRun("lazy-protocol", output).Run(random =>
    {
        var protocol = new LazyProtocol();
        List<Descriptor> sent = [];
        HashSet<int> processes = [];
        try
        {
            for (int step = random.Next(1, 12); step > 0; step--)
            {
                byte[] bytes = new byte[random.Next(1, protocol.Wanted + 1)];
                random.NextBytes(bytes);
                if (bytes.Length == sizeof(int) && random.Next(8) > 0)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(bytes, random.Next(8) switch { 0 => Finished, 1 => -random.Next(20), _ => random.Next(20) });
                }

                // Nobody's number: what is closed is not a descriptor of this process.
                List<Descriptor> descriptors = [.. Enumerable.Range(0, protocol.Wanted == 1 && random.Next(8) > 0 ? 1 : random.Next(8) / 7).Select(_ => FileCalls.Open("/dev/null", FileCalls.O_RDONLY))];
                sent.AddRange(descriptors);
                if (protocol.Add(bytes, descriptors) is LazyWord.Process process)
                {
                    Assert.InRange(process.Number, 1, TransferLimits.ProcessMax);
                    Assert.True(processes.Add(process.Number));
                    Assert.False(process.Faults.IsClosed);
                    process.Faults.Dispose();
                }
            }

            return true;
        }
        catch (CriuException)
        {
            return false;
        }
        finally
        {
            Assert.All(sent, descriptor => Assert.True(descriptor.IsClosed));
        }
    });

    private static LazyWord? Say(LazyProtocol protocol, int number)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return protocol.Add(bytes, []);
    }
}
