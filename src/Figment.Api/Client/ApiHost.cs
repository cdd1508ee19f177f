using Figment.Model;

namespace Figment.Api.Client;

/// <summary>Where the API is: <c>FIGMENT_HOST</c>, else the socket of this node's places.</summary>
public static class ApiHost
{
    public const string Variable = "FIGMENT_HOST";

    /// <summary>sockaddr_un holds 108 bytes with the closing zero (unix(7)).</summary>
    private const int SocketPathBytesMax = 107;

    private const string UnixScheme = "unix://";

    /// <param name="host">Value of <c>FIGMENT_HOST</c>; null or empty: not set.</param>
    /// <param name="places">Where this node's things are.</param>
    /// <returns>Path of the Unix socket.</returns>
    /// <exception cref="FormatException">Not <c>unix:///PATH</c>; the message is for the user.</exception>
    public static string SocketPath(string? host, Places places)
    {
        string path;
        if (string.IsNullOrEmpty(host))
        {
            path = places.ApiSocket;
        }
        else if (host.StartsWith(UnixScheme + "/", StringComparison.Ordinal))
        {
            path = host[UnixScheme.Length..];
        }
        else
        {
            throw new FormatException($"{Variable} is '{host}', but must be {UnixScheme}/PATH, for example {UnixScheme}{places.ApiSocket}");
        }

        return System.Text.Encoding.UTF8.GetByteCount(path) <= SocketPathBytesMax
            ? path
            : throw new FormatException($"the socket's path {path} is longer than {SocketPathBytesMax} bytes, the kernel's bound for Unix sockets");
    }
}
