namespace Figment.Model.Specs;

/// <summary><c>x-figment.elastic</c>: a service that has as many machines as it is needed by. They hold no state that outlives a connection. See docs/elasticity.md.</summary>
public sealed record ElasticSpec
{
    /// <summary>An address leads to so many machines at most: the kernel's table has that many places.</summary>
    public const int MachinesMax = 64;

    /// <summary>So many always run.</summary>
    public int Min { get; init; }

    /// <summary>At most so many run.</summary>
    public required int Max { get; init; }

    /// <summary>Connections a machine is to have, those that wait to be accepted included (<c>target.connections</c>); 0: they do not count.</summary>
    public int ConnectionsTarget { get; init; }

    /// <summary>Share of its processors that a machine is to use, per cent (<c>target.processor</c>); 0: it does not count.</summary>
    public int ProcessorPercentTarget { get; init; }

    /// <summary>Share of its memory limit that a machine is to use, per cent (<c>target.memory</c>); 0: it does not count.</summary>
    public int MemoryPercentTarget { get; init; }

    /// <summary>How long fewer machines must have been enough before one is drained (<c>scale-in-after</c>).</summary>
    public long ScaleInAfterMs { get; init; } = 10_000;

    /// <summary>How long a machine that is not needed must have been frozen, without a connection, before it is imaginary again (<c>release-after</c>).</summary>
    public long ReleaseAfterMs { get; init; } = 60_000;
}
