namespace Figment.Model.Launch;

/// <summary>The kind of socket that a program binds to a port: the placeholder must be of the same kind, for a socket's family cannot change.</summary>
public enum ListenFamily
{
    /// <summary>Not seen yet: IPv4 is assumed, and the box relays what waited if that was wrong.</summary>
    Unknown,

    /// <summary>AF_INET, or AF_INET beside an AF_INET6 socket with IPV6_V6ONLY.</summary>
    Ipv4,

    /// <summary>AF_INET6 without IPV6_V6ONLY: one socket for both.</summary>
    DualStack,
}
