using Figment.Linux.Files;
using Figment.Linux.Sockets;
using Figment.Model.Control;

namespace Figment.Linux.Tests.Sockets;

public sealed class LineChannelTests : IDisposable
{
    private const int LineBytesMax = 4096;
    private readonly LineChannel _left;
    private readonly LineChannel _right;
    private readonly Descriptor _leftSocket;

    public LineChannelTests()
    {
        var (first, second) = DescriptorSocket.Pair();
        _leftSocket = first;
        _left = new LineChannel(first, LineBytesMax);
        _right = new LineChannel(second, LineBytesMax);
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    [Fact]
    public void Lines_arrive_in_order_however_they_were_cut()
    {
        Write("""{"is":"granted","id":1}""" + "\n" + """{"is":"gran""");
        Assert.Equal(1, Granted());
        Write("""ted","id":2}""" + "\n");
        Assert.Equal(2, Granted());
    }

    [Fact]
    public void Descriptors_belong_to_the_line_that_announced_them()
    {
        var (read, write) = FileCalls.Pipe();
        using (read)
        using (write)
        {
            // The kernel may hand both lines and the descriptor over in one receive.
            _left.Send(new BoxMessage.Granted { Id = 1 }, ControlJson.Default.BoxMessage);
            _left.Send(new BoxMessage.Granted { Id = 2 }, ControlJson.Default.BoxMessage, write.Number);
            _left.Send(new BoxMessage.Granted { Id = 3 }, ControlJson.Default.BoxMessage);

            _right.Receive(ControlJson.Default.BoxMessage, out var first);
            _right.Receive(ControlJson.Default.BoxMessage, out var second);
            _right.Receive(ControlJson.Default.BoxMessage, out var third);

            Assert.Empty(first);
            Assert.Empty(third);
            using var carried = Assert.Single(second);
            FileCalls.Write(carried, "through"u8);
            Span<byte> buffer = stackalloc byte[16];
            Assert.Equal(7, FileCalls.Read(read, buffer));
        }
    }

    [Fact]
    public void The_end_is_null()
    {
        _left.Dispose();
        Assert.Null(_right.Receive(ControlJson.Default.BoxMessage, out _));
    }

    [Fact]
    public void A_line_that_is_too_long_is_refused()
    {
        Write(new string('x', LineBytesMax + 1));
        var refusal = Assert.Throws<InvalidDataException>(() => _right.Receive(ControlJson.Default.BoxMessage, out _));
        Assert.Contains("4096", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense\n")]
    [InlineData("null\n")]
    [InlineData("+1 {\"is\":\"granted\",\"id\":1}\n")]
    [InlineData("+ {\"is\":\"granted\",\"id\":1}\n")]
    [InlineData("+99999999999 {}\n")]
    public void A_line_that_is_no_message_is_refused(string line)
    {
        Write(line);
        Assert.Throws<InvalidDataException>(() => _right.Receive(ControlJson.Default.BoxMessage, out _));
    }

    private void Write(string text) => DescriptorSocket.Send(_leftSocket, System.Text.Encoding.UTF8.GetBytes(text), []);

    private long Granted() => Assert.IsType<BoxMessage.Granted>(_right.Receive(ControlJson.Default.BoxMessage, out _)).Id;
}
