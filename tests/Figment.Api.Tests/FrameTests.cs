using System.Buffers.Binary;
using CsCheck;
using Figment.Api.Client;

namespace Figment.Api.Tests;

public sealed class FrameTests
{
    private static readonly Gen<(FrameKind Kind, byte[] Payload)> AnyFrame = Gen.OneOf(
        Gen.Select(Gen.OneOf(Gen.Const(FrameKind.Stdin), Gen.Const(FrameKind.Stdout), Gen.Const(FrameKind.Stderr)), Gen.Byte.Array[0, 20_000]),
        Gen.Select(Gen.Const(FrameKind.TerminalSize), Gen.Byte.Array[4]),
        Gen.Select(Gen.Const(FrameKind.Signal), Gen.Byte.Array[1]));

    [Fact]
    public async Task What_is_written_is_read_whatever_the_pieces_it_arrives_in() =>
        await Gen.Select(AnyFrame.Array[0, 8], Gen.Int[1, 5000]).SampleAsync(
            async (frames, pieceBytes) =>
            {
                var wire = new MemoryStream();
                var writer = new FrameStream(wire);
                foreach (var (kind, payload) in frames)
                {
                    await writer.WriteAsync(kind, payload, CancellationToken.None);
                }

                await using var reader = new FrameStream(new PieceStream(wire.ToArray(), pieceBytes));
                foreach (var (kind, payload) in frames)
                {
                    var frame = await reader.ReadAsync(CancellationToken.None);
                    Assert.Equal(kind, frame!.Value.Kind);
                    Assert.Equal(payload, frame.Value.Payload.ToArray());
                }

                Assert.Null(await reader.ReadAsync(CancellationToken.None));
            },
            iter: 300);

    [Fact]
    public async Task Any_bytes_are_frames_or_a_protocol_error() =>
        await Gen.Byte.Array[0, 64].SampleAsync(
            async bytes =>
            {
                await using var reader = new FrameStream(new MemoryStream(bytes));
                try
                {
                    while (await reader.ReadAsync(CancellationToken.None) is { } frame)
                    {
                        Assert.InRange(frame.Payload.Length, 0, bytes.Length);
                    }
                }
                catch (InvalidDataException)
                {
                    // The only exception that broken bytes may cause.
                }
            },
            iter: 20_000);

    [Theory]
    [InlineData(1, FrameStream.PayloadBytesMax + 1, "announces")]
    [InlineData(1, uint.MaxValue, "announces")]
    [InlineData(6, 0, "unknown kind")]
    [InlineData(255, 1, "unknown kind")]
    [InlineData(3, 5, "instead of 4")]
    [InlineData(4, 0, "instead of 1")]
    [InlineData(5, 2, "instead of 1")]
    public async Task A_head_outside_the_protocol_is_refused_before_its_payload(byte kind, uint length, string says)
    {
        byte[] head = new byte[5];
        head[0] = kind;
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(1), length);
        await using var reader = new FrameStream(new MemoryStream(head));

        var exception = await Assert.ThrowsAsync<InvalidDataException>(() => reader.ReadAsync(CancellationToken.None).AsTask());

        Assert.Contains(says, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_ends_inside_a_frame_is_an_error_and_no_end()
    {
        await using var inHead = new FrameStream(new MemoryStream([1, 0, 0]));
        await using var inPayload = new FrameStream(new MemoryStream([1, 0, 0, 0, 5, 65, 66]));

        await Assert.ThrowsAsync<InvalidDataException>(() => inHead.ReadAsync(CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<InvalidDataException>(() => inPayload.ReadAsync(CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Nothing_is_read_after_the_exit()
    {
        await using var reader = new FrameStream(new MemoryStream([4, 0, 0, 0, 1, 3, 99, 99, 99, 99, 99]));

        Assert.Equal(FrameKind.Exit, (await reader.ReadAsync(CancellationToken.None))!.Value.Kind);
        Assert.Null(await reader.ReadAsync(CancellationToken.None));
    }

    /// <summary>Gives at most so many bytes at once, as a socket does.</summary>
    private sealed class PieceStream(byte[] bytes, int pieceBytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, pieceBytes)], cancellationToken);
    }
}
