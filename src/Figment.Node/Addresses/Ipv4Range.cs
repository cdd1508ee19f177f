using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Figment.Node.Addresses;

/// <summary>An IPv4 network in CIDR form; the address is the network's first.</summary>
public readonly record struct Ipv4Range
{
    private Ipv4Range(uint first, int prefix)
    {
        First = first;
        Prefix = prefix;
    }

    /// <summary>The network's own address as a number, most significant byte first.</summary>
    public uint First { get; }

    /// <summary>0 to 32.</summary>
    public int Prefix { get; }

    public uint Last => (uint)(First + Size - 1);

    /// <summary>Number of addresses.</summary>
    public long Size => 1L << (32 - Prefix);

    /// <summary>The range that holds the address; bits past the prefix are dropped.</summary>
    public static Ipv4Range Around(uint address, int prefix)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(prefix);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefix, 32);
        return new Ipv4Range(prefix == 0 ? 0 : address & (uint.MaxValue << (32 - prefix)), prefix);
    }

    public static Ipv4Range Parse(string text) =>
        TryParse(text, out var range) ? range : throw new FormatException($"{text} is not an IPv4 network");

    public static bool TryParse(string text, out Ipv4Range range)
    {
        range = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !TryParseAddress(text[..slash], out uint address) || !int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out int prefix) || prefix > 32)
        {
            return false;
        }

        range = Around(address, prefix);
        return true;
    }

    /// <summary>Four decimal numbers only: the short forms that inet_aton(3) allows are not addresses here.</summary>
    public static bool TryParseAddress(string? text, out uint address)
    {
        address = 0;
        if (text is null || text.Count(letter => letter == '.') != 3 || !IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetwork)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[4];
        parsed.TryWriteBytes(bytes, out _);
        address = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return true;
    }

    public static uint ParseAddress(string text) =>
        TryParseAddress(text, out uint address) ? address : throw new FormatException($"{text} is not an IPv4 address");

    public static string Text(uint address) => $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}";

    public bool Contains(uint address) => address >= First && address <= Last;

    public bool Overlaps(Ipv4Range other) => First <= other.Last && other.First <= Last;

    public override string ToString() => $"{Text(First)}/{Prefix}";
}
