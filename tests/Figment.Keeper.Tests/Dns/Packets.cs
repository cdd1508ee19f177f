using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Figment.Keeper.Dns;
using Figment.Keeper.Tests.Fabric;

namespace Figment.Keeper.Tests.Dns;

/// <summary>DNS messages by hand.</summary>
internal static class Packets
{
    internal static byte[] Query(string name, DnsType type, int edns = 0, ushort id = 4711) => Query(DnsReply.EncodeName(name), type, edns, id);

    internal static byte[] Query(byte[] name, DnsType type, int edns = 0, ushort id = 4711)
    {
        var bytes = new List<byte> { (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(edns > 0 ? 1 : 0) };
        bytes.AddRange(name);
        bytes.AddRange([(byte)((ushort)type >> 8), (byte)type, 0, 1]);
        if (edns > 0)
        {
            bytes.AddRange([0, 0, 41, (byte)(edns >> 8), (byte)edns, 0, 0, 0, 0, 0, 0]);
        }

        return [.. bytes];
    }

    internal static DnsQuery Read(byte[] message) => DnsQuery.TryRead(message, out var refusal) ?? throw new InvalidDataException($"refused: {refusal}");

    internal static int Code(byte[] reply) => reply[3] & 0xF;

    internal static int Answers(byte[] reply) => BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(6));

    internal static bool IsCut(byte[] reply) => (reply[2] & 2) != 0;

    /// <summary>The addresses of an answer of ours: fixed-size records behind the question.</summary>
    internal static IReadOnlyList<IPAddress> Addresses(byte[] reply)
    {
        int position = 12;
        while (reply[position] != 0)
        {
            position += reply[position] + 1;
        }

        position += 5;
        var addresses = new List<IPAddress>();
        for (int index = 0; index < Answers(reply); index++)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(position + 10));
            addresses.Add(new IPAddress(reply.AsSpan(position + 12, length)));
            position += 12 + length;
        }

        return addresses;
    }

    /// <summary>Asks a server over UDP from the calling thread's namespace.</summary>
    internal static byte[] AskUdp(string server, byte[] query)
    {
        using var socket = Wire.Bind(IPAddress.Any, 0);
        socket.SendTo(query, new IPEndPoint(IPAddress.Parse(server), 53));
        byte[] buffer = new byte[65_535];
        return buffer[..socket.Receive(buffer)];
    }

    /// <summary>Asks over one TCP connection, all questions before the first answer.</summary>
    internal static IReadOnlyList<byte[]> AskTcp(string server, params IReadOnlyList<byte[]> queries)
    {
        using var socket = Wire.Connect(IPAddress.Parse(server), 53);
        socket.Send(queries.SelectMany(query => (byte[])[(byte)(query.Length >> 8), (byte)query.Length, .. query]).ToArray());
        var answers = new List<byte[]>();
        foreach (var _ in queries)
        {
            byte[] length = Exactly(socket, 2);
            answers.Add(Exactly(socket, BinaryPrimitives.ReadUInt16BigEndian(length)));
        }

        return answers;
    }

    internal static byte[] Exactly(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int received = 0; received < count;)
        {
            int more = socket.Receive(bytes.AsSpan(received));
            Assert.True(more > 0, $"the connection ended after {received} of {count} bytes");
            received += more;
        }

        return bytes;
    }
}
