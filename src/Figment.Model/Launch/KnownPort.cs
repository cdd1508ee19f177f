using Figment.Model.Specs;

namespace Figment.Model.Launch;

/// <summary>A port with what earlier runs taught about it.</summary>
public sealed record KnownPort
{
    public required int Port { get; init; }

    public required TransportProtocol Protocol { get; init; }

    public ListenFamily Family { get; init; }
}
