namespace Figment.Api.Contract;

/// <summary>One sample of what goes on: each machine of the applications asked for, and the node. Processor times are counters: two samples make a rate.</summary>
public sealed record TopView
{
    public required NodeUsage Node { get; init; }

    public required IReadOnlyList<TopMachine> Machines { get; init; }
}
