using Figment.Model.Specs;

namespace Figment.Model.Launch;

/// <summary>One machine, as keeper and box need it.</summary>
public sealed record MachineLaunch
{
    /// <summary><c>web-1</c>: service, dash, number from 1; unique in the application.</summary>
    public required string Name { get; init; }

    public required string Service { get; init; }

    public required int Number { get; init; }

    /// <summary>Changes whenever anything in this record that a running program would notice does; a running machine of another revision is restarted by <c>up</c>.</summary>
    public required string Revision { get; init; }

    /// <summary>Equal for machines that may begin from snapshots of each other: service, dash, and what changes with anything but a machine's own name, number, addresses and folders. Empty: from none.</summary>
    public string Kind { get; init; } = "";

    /// <summary>It begins from a snapshot of its kind, if there is one.</summary>
    public bool FromSnapshot { get; init; }

    public required string Hostname { get; init; }

    public string? DomainName { get; init; }

    /// <summary>The node of the application's span that it is at; null: this one.</summary>
    public string? Node { get; init; }

    public IReadOnlyList<InterfaceLaunch> Interfaces { get; init; } = [];

    /// <summary>Ports it is known to serve: expose, ports, the image's, and those learnt.</summary>
    public IReadOnlyList<KnownPort> Ports { get; init; } = [];

    public IReadOnlyList<PublishedPort> Published { get; init; } = [];

    /// <summary><see cref="StartMode.OnDemand"/> or <see cref="StartMode.Eager"/>, never unset.</summary>
    public required StartMode Start { get; init; }

    public long SettleMs { get; init; } = 2_000;

    public long StartTimeoutMs { get; init; } = 30_000;

    public IdleSpec Idle { get; init; } = new();

    /// <summary>Its service's; null: the number of machines is fixed.</summary>
    public ElasticSpec? Elastic { get; init; }

    public IReadOnlyList<DependencySpec> DependsOn { get; init; } = [];

    public RestartSpec Restart { get; init; } = new();

    public HealthCheckSpec? HealthCheck { get; init; }

    public required ProgramLaunch Program { get; init; }

    public required RootLaunch Root { get; init; }

    public IReadOnlyList<MountLaunch> Mounts { get; init; } = [];

    /// <summary>Lines of <c>/etc/hosts</c> after the usual ones.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ExtraHosts { get; init; } = [];

    /// <summary>The lines of <c>/etc/resolv.conf</c>; empty: the keeper's DNS server of the first network.</summary>
    public IReadOnlyList<string> ResolvConf { get; init; } = [];

    public ResourceSpec Resources { get; init; } = new();

    public IReadOnlyList<UlimitSpec> Ulimits { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Sysctls { get; init; } = [];

    /// <summary>The capabilities kept, names without <c>CAP_</c>.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    public LoggingSpec Logging { get; init; } = new();

    public IReadOnlyList<HookSpec> PostStart { get; init; } = [];

    public IReadOnlyList<HookSpec> PreStop { get; init; } = [];

    /// <summary>Run in it when it has begun from a snapshot of its kind.</summary>
    public IReadOnlyList<HookSpec> AfterRestore { get; init; } = [];

    /// <summary>Removed from the application when it ends (<c>figment run --rm</c>).</summary>
    public bool OneOff { get; init; }

    /// <summary>A client is about to attach: the program's output, and its end, wait for that client a while.</summary>
    public bool AwaitsAttach { get; init; }
}
