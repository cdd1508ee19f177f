using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Sockets;
using Figment.Linux.Unix;
using Figment.Model.Control;

namespace Figment.Box.Tests.Harness;

/// <summary>A client of box.sock's streams.</summary>
internal sealed class StreamClient : IDisposable
{
    private readonly Descriptor _socket;

    private StreamClient(Descriptor socket, StreamReply reply)
    {
        _socket = socket;
        Reply = reply;
    }

    public StreamReply Reply { get; }

    public StringBuilder Output { get; } = new();

    public StringBuilder Errors { get; } = new();

    public static StreamClient Attach(TestBox box, bool input) => Open(box, new StreamRequest.Attach { Stdin = input });

    public static StreamClient Exec(TestBox box, params string[] arguments) => Open(box, new StreamRequest.Exec { Arguments = arguments });

    public static StreamClient Open(TestBox box, StreamRequest request, string name = "box.sock")
    {
        string path = Path.Combine(box.RuntimeDirectory, name);
        Wait.Until(() => File.Exists(path), $"{name} appears");
        var socket = UnixListener.Connect(path);
        DescriptorSocket.Send(socket, [.. JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.StreamRequest), (byte)'\n'], []);
        List<byte> line = [];
        Span<byte> next = stackalloc byte[1];
        while (FileCalls.Read(socket, next) == 1 && next[0] != '\n')
        {
            line.Add(next[0]);
        }

        return new StreamClient(socket, JsonSerializer.Deserialize(line.ToArray(), ControlJson.Default.StreamReply)!);
    }

    public void Send(byte kind, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[5 + payload.Length];
        frame[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame.AsSpan(5));
        DescriptorSocket.Send(_socket, frame, []);
    }

    /// <summary>Collects output up to the exit frame; returns its code.</summary>
    public int ReadToExit()
    {
        int? code;
        do
        {
            code = ReadFrame();
        }
        while (code is null);

        return code.Value;
    }

    /// <summary>Collects output until it holds the text.</summary>
    public void ReadUntil(string text)
    {
        while (!Output.ToString().Contains(text, StringComparison.Ordinal))
        {
            Assert.Null(ReadFrame());
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Whoever reads or writes sees the end.</summary>
    public void Shut() => InternetSocket.Shut(_socket);

    /// <summary>The exit code of an exit frame.</summary>
    private int? ReadFrame()
    {
        byte[] header = ReadExactly(5);
        byte[] payload = ReadExactly(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)));
        switch (header[0])
        {
            case 1:
                Output.Append(Encoding.UTF8.GetString(payload));
                return null;
            case 2:
                Errors.Append(Encoding.UTF8.GetString(payload));
                return null;
            default:
                Assert.Equal(4, header[0]);
                return payload[0];
        }
    }

    /// <summary>Null: the stream has ended.</summary>
    public (byte Kind, byte[] Payload)? TryReadFrame()
    {
        byte[] header = new byte[5];
        return TryFill(header) && new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))] is var payload && TryFill(payload) ? (header[0], payload) : null;
    }

    private bool TryFill(byte[] bytes)
    {
        int filled = 0;
        while (filled < bytes.Length && FileCalls.Read(_socket, bytes.AsSpan(filled)) is > 0 and var read)
        {
            filled += read;
        }

        return filled == bytes.Length;
    }

    private byte[] ReadExactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int read = FileCalls.Read(_socket, bytes.AsSpan(filled));
            Assert.True(read > 0, $"the stream ended without an exit frame; output: {Output} errors: {Errors}");
            filled += read;
        }

        return bytes;
    }
}
