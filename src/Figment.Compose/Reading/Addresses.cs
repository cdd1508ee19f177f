using System.Net;
using System.Net.Sockets;

namespace Figment.Compose.Reading;

/// <summary>IP addresses, strictly: the library also reads "1" as 0.0.0.1.</summary>
internal static class Addresses
{
    public static bool IsValid(string text) => IsIPv4(text) || IsIPv6(text);

    public static bool IsIPv4(string text) =>
        text.Count(character => character == '.') == 3 && text.All(character => char.IsAsciiDigit(character) || character == '.')
        && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork;

    public static bool IsIPv6(string text) =>
        text.Contains(':', StringComparison.Ordinal) && !text.Contains('%', StringComparison.Ordinal) && !text.StartsWith('[')
        && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>A network in CIDR form, or null. Bits beyond the prefix must be 0.</summary>
    public static IPNetwork? Network(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsValid(text[..slash]) && IPNetwork.TryParse(text, out IPNetwork network)
            && network.BaseAddress.Equals(IPAddress.Parse(text.AsSpan(0, slash))) ? network : null;
    }
}
