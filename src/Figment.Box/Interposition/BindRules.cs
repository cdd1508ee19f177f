using Figment.Linux.Internet;

namespace Figment.Box.Interposition;

/// <summary>Decides about a bind. Pure.</summary>
internal static class BindRules
{
    /// <param name="socketIsVersion6">AF_INET6.</param>
    /// <param name="version6Only">IPV6_V6ONLY.</param>
    /// <param name="address">Where it binds to.</param>
    /// <param name="placeholderIsVersion6">A dual-stack placeholder.</param>
    public static BindChoice Choose(bool socketIsVersion6, bool version6Only, InternetEndpoint address, bool placeholderIsVersion6)
    {
        if (!socketIsVersion6)
        {
            return address.IsLoopback ? BindChoice.CloseForLoopback
                : address.IsWildcard && !placeholderIsVersion6 ? BindChoice.TakePlaceholder
                : BindChoice.Relay;
        }

        if (address.IsWildcard && !version6Only)
        {
            return placeholderIsVersion6 ? BindChoice.TakePlaceholder : BindChoice.Relay;
        }

        if (address.IsMapped)
        {
            return address.IsLoopback ? BindChoice.CloseForLoopback : BindChoice.Relay;
        }

        // IPv6 alone does not meet an IPv4 placeholder: it is the sibling of an IPv4 socket still to come, or already there.
        return !placeholderIsVersion6 ? BindChoice.Native
            : address.IsLoopback ? BindChoice.CloseForLoopback
            : BindChoice.Relay;
    }
}
