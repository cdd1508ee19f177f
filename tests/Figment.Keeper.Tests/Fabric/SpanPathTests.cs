using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using static Figment.Keeper.Tests.Fabric.TestNode;
using static Figment.Keeper.Tests.Fabric.TestSpan;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>Machines whose packets are as long as those of the network between the nodes can be, so that they do not fit through it once they are encapsulated.</summary>
public sealed class SpanPathTests : IDisposable
{
    private const int Bytes = 8 << 20;

    private readonly TestSpan _span = new();

    public SpanPathTests() => _span.Apply(Launch(
        [SpanNetwork("default", 0, 1) with { Ipv6Subnet = "fd77:1::/64", Ipv6Gateway = "fd77:1::1" }],
        Machine("web-1", 0, Interface("default", 1, 2) with { Ipv6Address = "fd77:1::2" }),
        Machine("db-1", 1, Interface("default", 1, 3) with { Ipv6Address = "fd77:1::3" })));

    /// <summary>Both ends begin with segments that fill a packet, as those of a connection do that is older than the move of one of its ends, and learn what fits.</summary>
    [Theory]
    [InlineData("10.77.1.3", 1448, 1398)]
    [InlineData("fd77:1::3", 1428, 1378)]
    public async Task A_connection_carries_megabytes_both_ways(string address, int segment, int fitting)
    {
        var target = IPAddress.Parse(address);
        using var listener = _span.In(1, "db-1", () => Wire.Listen(target, 5432));
        using var client = _span.In(0, "web-1", () => Wire.Connect(target, 5432));
        using var server = Wire.Accept(listener);
        Assert.Equal((segment, segment), (SegmentBytes(client), SegmentBytes(server)));
        await CarryAsync(client, server);
        Assert.Equal((fitting, fitting), (SegmentBytes(client), SegmentBytes(server)));
    }

    [Fact]
    public async Task A_connection_from_outside_carries_megabytes_both_ways_to_a_machine_elsewhere()
    {
        using var outside = _span.Nodes[0].InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var client = _span.In(1, "db-1", () => Wire.Connect(OutsideAddress, 443));
        using var server = Wire.Accept(outside);
        await CarryAsync(client, server);
    }

    [Theory]
    [InlineData("10.77.1.3")]
    [InlineData("fd77:1::3")]
    public void Datagrams_of_all_lengths_arrive(string address)
    {
        var target = IPAddress.Parse(address);
        using var server = _span.In(1, "db-1", () => Wire.Bind(target, 7));
        using var client = _span.In(0, "web-1", () => Wire.Bind(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        byte[] sent = new byte[4000];
        new Random(1).NextBytes(sent);
        var lost = new List<int>();
        foreach (int length in Enumerable.Range(1400, 120).Concat([2000, 2800, 2900, 3000, 4000]))
        {
            client.SendTo(sent.AsSpan(0, length), new IPEndPoint(target, 7));
            if (!server.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectRead))
            {
                lost.Add(length);
                client.SendTo(sent.AsSpan(0, length), new IPEndPoint(target, 7));
            }

            byte[] received = new byte[5000];
            Assert.Equal(length, server.Receive(received));
            Assert.True(sent.AsSpan(0, length).SequenceEqual(received.AsSpan(0, length)));
        }

        // The first that is too long for the way teaches its sender how long one may be.
        Assert.InRange(lost.Count, 0, 1);
    }

    public void Dispose() => _span.Dispose();

    private static int SegmentBytes(Socket socket)
    {
        const int TcpMaximumSegment = 2;
        byte[] value = new byte[sizeof(int)];
        Assert.Equal(value.Length, socket.GetRawSocketOption((int)ProtocolType.Tcp, TcpMaximumSegment, value));
        return BinaryPrimitives.ReadInt32LittleEndian(value);
    }

    private static Task CarryAsync(Socket client, Socket server) =>
        Task.WhenAll(SendAsync(client), SendAsync(server), ReceiveAsync(client), ReceiveAsync(server)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    private static Task SendAsync(Socket socket) => Task.Run(() =>
    {
        byte[] block = new byte[64 << 10];
        for (int sent = 0; sent < Bytes; sent += block.Length)
        {
            block.AsSpan().Fill((byte)(sent / block.Length));
            int at = 0;
            while (at < block.Length)
            {
                at += socket.Send(block.AsSpan(at));
            }
        }
    });

    private static Task ReceiveAsync(Socket socket) => Task.Run(() =>
    {
        byte[] buffer = new byte[64 << 10];
        int received = 0;
        while (received < Bytes)
        {
            int count = socket.Receive(buffer);
            Assert.True(count > 0, $"the connection ended after {received} bytes");
            for (int index = 0; index < count; index++)
            {
                if (buffer[index] != (byte)((received + index) / buffer.Length))
                {
                    Assert.Fail($"byte {received + index} is another");
                }
            }

            received += count;
        }
    });
}
