using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Figment.Keeper.Gateways;
using Figment.Linux.Errors;
using Figment.Linux.Polling;
using Figment.Linux.Splicing;

namespace Figment.Keeper.Dns;

/// <summary>
/// Asks the node's DNS servers what is not of the application, from the node's namespace, over the transport that the client used: a cut answer goes to the client cut,
/// and the client's own second question over TCP is asked over TCP. The loop's thread.
/// </summary>
internal sealed class DnsForwarder
{
    /// <summary>Questions under way for one application; each is a descriptor. More are refused at once, which a resolver takes as "ask again".</summary>
    internal const int InFlightMax = 256;

    /// <summary>Together less than the five seconds after which resolvers give up or ask again.</summary>
    private const int AttemptsMax = 3;

    private static readonly TimeSpan AttemptTime = TimeSpan.FromMilliseconds(1500);

    private readonly NetworkLoop _loop;
    private readonly HashSet<Inquiry> _inquiries = [];
    private readonly byte[] _buffer = new byte[DnsReply.TcpBytesMax];

    internal DnsForwarder(NetworkLoop loop) => _loop = loop;

    /// <summary>In the order in which they are asked.</summary>
    internal IReadOnlyList<IPEndPoint> Upstream { get; set; } = [];

    /// <summary>Asks. The answer has the client's id; null: there is none to be had.</summary>
    /// <param name="message">The client's own message.</param>
    /// <param name="query">The same, read.</param>
    /// <param name="tcp">The client's transport.</param>
    /// <param name="reply">Called once, perhaps before this returns.</param>
    internal void Ask(ReadOnlySpan<byte> message, DnsQuery query, bool tcp, Action<byte[]?> reply)
    {
        if (Upstream.Count == 0 || _inquiries.Count >= InFlightMax)
        {
            reply(null);
            return;
        }

        if (_inquiries.Count == 0)
        {
            _loop.AddTicker(EndLate);
        }

        var inquiry = new Inquiry { Message = message.ToArray(), Query = query, IsTcp = tcp, Reply = reply };
        _inquiries.Add(inquiry);
        Attempt(inquiry);
    }

    /// <summary>Ends what is under way, unanswered.</summary>
    internal void Stop()
    {
        foreach (var inquiry in _inquiries.ToArray())
        {
            Finish(inquiry, null);
        }
    }

    /// <summary>Is this the answer to that question? Ids and ports can be guessed, so the question must be repeated as well.</summary>
    internal static bool IsAnswer(ReadOnlySpan<byte> answer, ushort id, ReadOnlySpan<byte> question)
    {
        if (answer.Length < DnsQuery.HeaderBytes + question.Length
            || BinaryPrimitives.ReadUInt16BigEndian(answer) != id
            || (answer[2] & 0x80) == 0
            || BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) != 1)
        {
            return false;
        }

        // Some servers change the case of letters in the name; type and class are numbers.
        var repeated = answer.Slice(DnsQuery.HeaderBytes, question.Length);
        bool sameName = repeated[..^4].SequenceEqual(question[..^4]) || Ascii.EqualsIgnoreCase(repeated[..^4], question[..^4]);
        return sameName && repeated[^4..].SequenceEqual(question[^4..]);
    }

    private void Attempt(Inquiry inquiry)
    {
        CloseSocket(inquiry);
        while (inquiry.Attempts < AttemptsMax)
        {
            var server = Upstream[inquiry.Attempts++ % Upstream.Count];
            // Not a seeded source: who can guess the id can answer in the server's place.
            inquiry.Id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
            BinaryPrimitives.WriteUInt16BigEndian(inquiry.Message, inquiry.Id);
            inquiry.Started = _loop.Time.GetTimestamp();
            var socket = NetworkSocket.Open(server.AddressFamily, inquiry.IsTcp ? SocketKind.Stream : SocketKind.Datagram);
            inquiry.Socket = socket;
            inquiry.Moved = 0;
            var error = socket.Connect(server);
            if (error is Errno.None or Errno.EINPROGRESS)
            {
                inquiry.IsSending = inquiry.IsTcp;
                inquiry.Token = _loop.Add(socket.Descriptor, inquiry.IsTcp ? PollEvents.Writable : PollEvents.Readable, _ => Ready(inquiry));
                if (inquiry.IsTcp || socket.Send(inquiry.Message) == inquiry.Message.Length)
                {
                    return;
                }
            }

            CloseSocket(inquiry);
        }

        Finish(inquiry, null);
    }

    private void Ready(Inquiry inquiry)
    {
        if (!inquiry.IsTcp)
        {
            ReceiveDatagrams(inquiry);
        }
        else if (inquiry.IsSending)
        {
            SendStream(inquiry);
        }
        else
        {
            ReceiveStream(inquiry);
        }
    }

    private void ReceiveDatagrams(Inquiry inquiry)
    {
        while (true)
        {
            int length = inquiry.Socket!.Receive(_buffer);
            if (length == -(int)Errno.EAGAIN)
            {
                return;
            }

            if (length < 0)
            {
                Attempt(inquiry);
                return;
            }

            if (IsAnswer(_buffer.AsSpan(0, length), inquiry.Id, inquiry.Query.Question.Span))
            {
                Finish(inquiry, _buffer.AsSpan(0, length).ToArray());
                return;
            }
        }
    }

    private void SendStream(Inquiry inquiry)
    {
        byte[] framed = new byte[inquiry.Message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)inquiry.Message.Length);
        inquiry.Message.CopyTo(framed, 2);
        int sent = inquiry.Socket!.Send(framed.AsSpan(inquiry.Moved));
        if (sent < 0 && sent != -(int)Errno.EAGAIN)
        {
            Attempt(inquiry);
            return;
        }

        inquiry.Moved += Math.Max(sent, 0);
        if (inquiry.Moved == framed.Length)
        {
            inquiry.IsSending = false;
            inquiry.Moved = 0;
            inquiry.Answer = new byte[2];
            _loop.Change(inquiry.Socket.Descriptor, PollEvents.Readable, inquiry.Token);
        }
    }

    private void ReceiveStream(Inquiry inquiry)
    {
        while (true)
        {
            int count = inquiry.Socket!.Receive(inquiry.Answer.AsSpan(inquiry.Moved));
            if (count == -(int)Errno.EAGAIN)
            {
                return;
            }

            if (count <= 0)
            {
                Attempt(inquiry);
                return;
            }

            inquiry.Moved += count;
            if (inquiry.Moved < inquiry.Answer.Length)
            {
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(inquiry.Answer);
            if (inquiry.Answer.Length == 2 && length > 0)
            {
                Array.Resize(ref inquiry.Answer, 2 + length);
                continue;
            }

            byte[] answer = inquiry.Answer[2..];
            if (IsAnswer(answer, inquiry.Id, inquiry.Query.Question.Span))
            {
                Finish(inquiry, answer);
            }
            else
            {
                Attempt(inquiry);
            }

            return;
        }
    }

    private void EndLate()
    {
        foreach (var inquiry in _inquiries.Where(inquiry => _loop.Time.GetElapsedTime(inquiry.Started) > AttemptTime).ToArray())
        {
            Attempt(inquiry);
        }
    }

    private void Finish(Inquiry inquiry, byte[]? answer)
    {
        CloseSocket(inquiry);
        if (!_inquiries.Remove(inquiry))
        {
            return;
        }

        if (_inquiries.Count == 0)
        {
            _loop.RemoveTicker(EndLate);
        }

        if (answer is not null)
        {
            BinaryPrimitives.WriteUInt16BigEndian(answer, inquiry.Query.Id);
        }

        inquiry.Reply(answer);
    }

    private void CloseSocket(Inquiry inquiry)
    {
        if (inquiry.Socket is { } socket)
        {
            _loop.Remove(socket.Descriptor, inquiry.Token);
            socket.Dispose();
            inquiry.Socket = null;
            inquiry.Token = 0;
        }
    }

    /// <summary>One question under way.</summary>
    private sealed class Inquiry
    {
        /// <summary>The TCP answer with its length in front, as far as it has come.</summary>
        public byte[] Answer = [];

        public required byte[] Message { get; init; }

        public required DnsQuery Query { get; init; }

        public required bool IsTcp { get; init; }

        public required Action<byte[]?> Reply { get; init; }

        public int Attempts { get; set; }

        public ushort Id { get; set; }

        public long Started { get; set; }

        public NetworkSocket? Socket { get; set; }

        public ulong Token { get; set; }

        public bool IsSending { get; set; }

        public int Moved { get; set; }
    }
}
