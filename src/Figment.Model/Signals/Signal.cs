using Figment.Model.Specs;

namespace Figment.Model.Signals;

/// <summary>One signal, as the ledger keeps it and <c>figment why</c> tells it.</summary>
public sealed record Signal
{
    public required SignalKind Kind { get; init; }

    /// <summary>Machine or application part it came from (<c>web-1</c>), null from outside.</summary>
    public string? FromMachine { get; init; }

    /// <summary>Address of the other end, <c>10.64.0.3:41234</c>.</summary>
    public string? FromAddress { get; init; }

    /// <summary>Port of this machine.</summary>
    public int? Port { get; init; }

    public TransportProtocol? Protocol { get; init; }

    /// <summary>The rest in words: a command, an exit, a reason.</summary>
    public string? Detail { get; init; }
}
