using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Keeper.Learning;

/// <summary>A port that a service was seen to serve, or that a client wanted of it.</summary>
public sealed record LearntPort
{
    public required int Port { get; init; }

    public required TransportProtocol Protocol { get; init; }

    public ListenFamily Family { get; init; }

    /// <summary>A program has listened on it. Without that it is only somebody's guess, forgotten when a program runs and does not take it.</summary>
    public bool Confirmed { get; init; }
}
