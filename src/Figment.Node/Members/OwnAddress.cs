using System.Net;
using System.Net.Sockets;
using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Members;

/// <summary>The address by which this node reaches others, and thereby they it.</summary>
internal static class OwnAddress
{
    /// <summary>TEST-NET-1 (RFC 5737): goes where everything goes. Nothing is sent.</summary>
    private const string Anybody = "192.0.2.1";

    private const int AnyPort = 9;

    /// <param name="host">Who is to be reached.</param>
    /// <exception cref="NodeException">There is no way to it.</exception>
    public static MemberAddress Find(string host = Anybody)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(host, AnyPort);
            return new MemberAddress(((IPEndPoint)socket.LocalEndPoint!).Address, MemberAddress.PortDefault);
        }
        catch (SocketException exception)
        {
            throw new NodeException(ErrorCode.Failed, $"this node has no address by which others reach it: {exception.Message}", "name one: --address 192.0.2.7", exception);
        }
    }

    /// <summary>Before anybody is told of it.</summary>
    /// <exception cref="NodeException">Nothing can listen there.</exception>
    public static void Probe(MemberAddress address)
    {
        try
        {
            using var listener = new TcpListener(address.EndPoint);
            listener.Start();
        }
        catch (SocketException exception)
        {
            throw new NodeException(ErrorCode.Failed, $"this node cannot listen at {address}: {exception.Message}", $"an address of this node, and a port that is free: --address 192.0.2.7:{MemberAddress.PortDefault}", exception);
        }
    }
}
