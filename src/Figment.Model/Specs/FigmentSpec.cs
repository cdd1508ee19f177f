namespace Figment.Model.Specs;

/// <summary>The keys under <c>x-figment</c>: what is Figment's own in a Compose file.</summary>
public sealed record FigmentSpec
{
    public RootKind Root { get; init; }

    public StartMode Start { get; init; }

    /// <summary>Machines begin from a snapshot of one of them (<c>from: snapshot</c>). False: from their image.</summary>
    public bool FromSnapshot { get; init; }

    /// <summary>Run in a machine that has begun from a snapshot, before it counts as ready (<c>after-restore</c>).</summary>
    public IReadOnlyList<HookSpec> AfterRestore { get; init; } = [];

    /// <summary>How long after its first <c>listen</c> a program may leave a placeholder untaken (<c>settle</c>).</summary>
    public long SettleMs { get; init; } = 2_000;

    /// <summary>How long a program may run without its first <c>listen</c> while a client waits (<c>start-timeout</c>).</summary>
    public long StartTimeoutMs { get; init; } = 30_000;

    /// <summary>Debian packages that a <see cref="RootKind.Host"/> program needs on the node (<c>packages</c>).</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    public IdleSpec Idle { get; init; } = new();

    /// <summary>Null: the number of machines is fixed.</summary>
    public ElasticSpec? Elastic { get; init; }
}
