using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Figment.Linux.Native;

namespace Figment.Linux.Internet;

/// <summary>An address and port as a socket call carries them (sockaddr_in, sockaddr_in6). A value: parsing one allocates nothing.</summary>
/// <param name="IsVersion6">AF_INET6.</param>
/// <param name="Address">The address as a number, an IPv4 address in the low 32 bits.</param>
/// <param name="Port">0 to 65535.</param>
public readonly record struct InternetEndpoint(bool IsVersion6, UInt128 Address, ushort Port)
{
    /// <summary>sizeof(struct sockaddr_in6): no Internet address is longer.</summary>
    public const int BytesMax = 28;

    private const int Version4Bytes = 16;

    /// <summary>sockaddr_in6 without its scope, which the kernel accepts too.</summary>
    private const int Version6BytesMin = 24;

    private static readonly UInt128 MappedPrefix = new(0, 0x0000_FFFF_0000_0000);

    public bool IsWildcard => Address == UInt128.Zero;

    public bool IsLoopback => IsVersion6 ? Address == UInt128.One || (IsMapped && Unmapped.IsLoopback) : Address >> 24 == 127;

    /// <summary>An IPv4 address written as IPv6 (<c>::ffff:a.b.c.d</c>).</summary>
    public bool IsMapped => IsVersion6 && Address >> 32 == MappedPrefix >> 32;

    /// <summary>The IPv4 address of a mapped one, else itself.</summary>
    public InternetEndpoint Unmapped => IsMapped ? new InternetEndpoint(false, Address & uint.MaxValue, Port) : this;

    /// <summary>False for other families and short addresses.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out InternetEndpoint endpoint)
    {
        endpoint = default;
        if (bytes.Length < Version4Bytes)
        {
            return false;
        }

        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        switch (BinaryPrimitives.ReadUInt16LittleEndian(bytes))
        {
            case Libc.AF_INET:
                endpoint = new InternetEndpoint(false, BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), port);
                return true;
            case Libc.AF_INET6 when bytes.Length >= Version6BytesMin:
                endpoint = new InternetEndpoint(true, BinaryPrimitives.ReadUInt128BigEndian(bytes[8..]), port);
                return true;
            default:
                return false;
        }
    }

    public static InternetEndpoint From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int count);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new InternetEndpoint(true, BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)port)
            : new InternetEndpoint(false, BinaryPrimitives.ReadUInt32BigEndian(bytes[..count]), (ushort)port);
    }

    public IPAddress ToAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return IsVersion6 ? new IPAddress(bytes) : new IPAddress(bytes[12..]);
    }

    /// <summary>Writes the sockaddr and returns its length.</summary>
    public int Write(Span<byte> into)
    {
        into[..BytesMax].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(into, (ushort)(IsVersion6 ? Libc.AF_INET6 : Libc.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], Port);
        if (IsVersion6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(into[8..], Address);
            return BytesMax;
        }

        BinaryPrimitives.WriteUInt32BigEndian(into[4..], (uint)Address);
        return Version4Bytes;
    }

    public override string ToString() => new IPEndPoint(ToAddress(), Port).ToString();
}
