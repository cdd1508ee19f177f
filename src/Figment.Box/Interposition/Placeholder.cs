using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Model.Specs;

namespace Figment.Box.Interposition;

/// <summary>A socket that stands for the program's own until it binds.</summary>
internal sealed record Placeholder(int Port, TransportProtocol Protocol, bool IsVersion6, Descriptor Socket)
{
    /// <param name="port">Its port.</param>
    /// <param name="protocol">Its protocol.</param>
    /// <param name="socket">What it really is decides about its family, not what was said of it.</param>
    public static Placeholder From(int port, TransportProtocol protocol, Descriptor socket) =>
        new(port, protocol, InternetSocket.Identify(socket).IsVersion6, socket);
}
