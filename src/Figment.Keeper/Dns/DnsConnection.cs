using System.Buffers.Binary;
using Figment.Keeper.Gateways;
using Figment.Linux.Errors;
using Figment.Linux.Polling;
using Figment.Linux.Splicing;

namespace Figment.Keeper.Dns;

/// <summary>One client over TCP (RFC 7766): messages with their length in front, answered one after the other. The loop's thread.</summary>
internal sealed class DnsConnection
{
    /// <summary>A client that neither asks nor reads for so long is gone.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly NetworkLoop _loop;
    private readonly NetworkSocket _socket;
    private readonly Answerer _answer;
    private readonly Action<DnsConnection> _closed;
    private readonly byte[] _input = new byte[2 + DnsServer.QueryBytesMax];
    private int _received;
    private byte[]? _output;
    private int _sent;
    private bool _answering;
    private bool _over;
    private ulong _token;
    private long _lastUsed;

    internal DnsConnection(NetworkLoop loop, NetworkSocket socket, Answerer answer, Action<DnsConnection> closed)
    {
        _loop = loop;
        _socket = socket;
        _answer = answer;
        _closed = closed;
    }

    /// <summary>Answers a message, perhaps later; with null if it deserves none.</summary>
    internal delegate void Answerer(ReadOnlySpan<byte> message, Action<byte[]?> reply);

    internal void Start()
    {
        _lastUsed = _loop.Time.GetTimestamp();
        _token = _loop.Add(_socket.Descriptor, PollEvents.Readable, _ => Ready());
        _loop.AddTicker(EndIdle);
    }

    internal void Close()
    {
        if (_over)
        {
            return;
        }

        _over = true;
        _loop.RemoveTicker(EndIdle);
        _loop.Remove(_socket.Descriptor, _token);
        _socket.Dispose();
        _closed(this);
    }

    private void Ready()
    {
        _lastUsed = _loop.Time.GetTimestamp();
        if (_output is not null)
        {
            Send();
        }
        else if (!_answering)
        {
            Receive();
        }
        else
        {
            // Only an end or an error is reported while an answer is awaited.
            Close();
        }
    }

    private void Receive()
    {
        int count = _socket.Receive(_input.AsSpan(_received));
        if (count == -(int)Errno.EAGAIN)
        {
            return;
        }

        if (count <= 0)
        {
            Close();
            return;
        }

        _received += count;
        AnswerNext();
    }

    private void AnswerNext()
    {
        if (_received < 2)
        {
            return;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(_input);
        if (length is 0 or > DnsServer.QueryBytesMax)
        {
            Close();
            return;
        }

        if (_received < 2 + length)
        {
            return;
        }

        _answering = true;
        _loop.Change(_socket.Descriptor, PollEvents.None, _token);
        byte[] message = _input.AsSpan(2, length).ToArray();
        _received -= 2 + length;
        _input.AsSpan(2 + length, _received).CopyTo(_input);
        _answer(message, Reply);
    }

    private void Reply(byte[]? bytes)
    {
        if (_over)
        {
            return;
        }

        if (bytes is null)
        {
            Close();
            return;
        }

        _answering = false;
        _output = new byte[2 + bytes.Length];
        BinaryPrimitives.WriteUInt16BigEndian(_output, (ushort)bytes.Length);
        bytes.CopyTo(_output, 2);
        _sent = 0;
        Send();
    }

    private void Send()
    {
        int count = _socket.Send(_output.AsSpan(_sent));
        if (count < 0 && count != -(int)Errno.EAGAIN)
        {
            Close();
            return;
        }

        _sent += Math.Max(count, 0);
        if (_sent < _output!.Length)
        {
            _loop.Change(_socket.Descriptor, PollEvents.Writable, _token);
            return;
        }

        _output = null;
        _loop.Change(_socket.Descriptor, PollEvents.Readable, _token);

        // What came together with the message just answered is looked at in its own turn: answering from here could nest without end.
        _loop.Post(() =>
        {
            if (!_over && !_answering && _output is null)
            {
                AnswerNext();
            }
        });
    }

    private void EndIdle()
    {
        if (_loop.Time.GetElapsedTime(_lastUsed) > IdleTime)
        {
            Close();
        }
    }
}
