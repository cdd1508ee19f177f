using System.Net;
using Figment.Linux.Internet;

namespace Figment.Box.Interposition;

/// <summary>A CIDR as two numbers, compared without an allocation.</summary>
internal readonly record struct AddressRange(bool IsVersion6, UInt128 First, UInt128 Mask)
{
    public static AddressRange Parse(string cidr)
    {
        var network = IPNetwork.Parse(cidr);
        var first = InternetEndpoint.From(network.BaseAddress, 0);
        int bits = first.IsVersion6 ? 128 : 32;
        var ones = first.IsVersion6 ? UInt128.MaxValue : uint.MaxValue;
        var mask = network.PrefixLength == 0 ? UInt128.Zero : (ones << (bits - network.PrefixLength)) & ones;
        return new AddressRange(first.IsVersion6, first.Address & mask, mask);
    }

    public bool Contains(InternetEndpoint endpoint) => endpoint.IsVersion6 == IsVersion6 && (endpoint.Address & Mask) == First;
}
