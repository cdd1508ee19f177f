using System.Buffers.Binary;
using System.Net;

namespace Figment.Linux.Splicing;

/// <summary>struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)) to and from <see cref="IPEndPoint"/>.</summary>
public static class SocketName
{
    /// <summary>Room for either structure.</summary>
    public const int BytesMax = 28;

    public const ushort AF_INET = 2;
    public const ushort AF_INET6 = 10;

    private const int Ipv4Bytes = 16;
    private const int Ipv6Bytes = 28;

    /// <summary>Writes the structure and returns its length.</summary>
    public static int Write(IPEndPoint endPoint, Span<byte> into)
    {
        into[..BytesMax].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], (ushort)endPoint.Port);
        if (endPoint.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            BitConverter.TryWriteBytes(into, AF_INET);
            endPoint.Address.TryWriteBytes(into[4..], out _);
            return Ipv4Bytes;
        }

        BitConverter.TryWriteBytes(into, AF_INET6);
        endPoint.Address.TryWriteBytes(into[8..], out _);
        BitConverter.TryWriteBytes(into[24..], (uint)endPoint.Address.ScopeId);
        return Ipv6Bytes;
    }

    /// <summary>Reads what the kernel wrote; a mapped IPv4 address is returned as IPv4. Null for another family.</summary>
    public static IPEndPoint? Read(ReadOnlySpan<byte> name)
    {
        if (name.Length >= Ipv4Bytes && BitConverter.ToUInt16(name) == AF_INET)
        {
            return new IPEndPoint(new IPAddress(name.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(name[2..]));
        }

        if (name.Length >= Ipv6Bytes && BitConverter.ToUInt16(name) == AF_INET6)
        {
            var address = new IPAddress(name.Slice(8, 16), BitConverter.ToUInt32(name[24..]));
            return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, BinaryPrimitives.ReadUInt16BigEndian(name[2..]));
        }

        return null;
    }
}
