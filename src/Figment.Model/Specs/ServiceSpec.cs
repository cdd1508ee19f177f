namespace Figment.Model.Specs;

/// <summary>One entry of <c>services:</c>. Null means "not said": the image or the node's default decides.</summary>
public sealed record ServiceSpec
{
    public required string Name { get; init; }

    /// <summary>Image reference; null with <see cref="RootKind.Host"/> or <see cref="Build"/>.</summary>
    public string? Image { get; init; }

    public BuildSpec? Build { get; init; }

    /// <summary>Null: the image's. Empty: none, although the image has one.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Null: the image's. Already split into words, as the Compose Specification's shell form asks.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Ordered as written. A null value was given without one and the caller's environment lacked it: it is not set.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Environment { get; init; } = [];

    public string? WorkingDir { get; init; }

    /// <summary><c>user[:group]</c>, names or numbers.</summary>
    public string? User { get; init; }

    public string? Hostname { get; init; }

    public string? DomainName { get; init; }

    public string? ContainerName { get; init; }

    public IReadOnlyList<PublishedPortSpec> Ports { get; init; } = [];

    public IReadOnlyList<PortSpec> Expose { get; init; } = [];

    /// <summary>Never empty unless <see cref="NetworkMode"/> is <see cref="NetworkMode.None"/>.</summary>
    public IReadOnlyList<ServiceNetworkSpec> Networks { get; init; } = [];

    public NetworkMode NetworkMode { get; init; }

    /// <summary>Host name to address, as <c>/etc/hosts</c> lines; the address may be <c>host-gateway</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ExtraHosts { get; init; } = [];

    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    public IReadOnlyList<MountSpec> Mounts { get; init; } = [];

    public IReadOnlyList<FileMountSpec> Configs { get; init; } = [];

    public IReadOnlyList<FileMountSpec> Secrets { get; init; } = [];

    public IReadOnlyList<DependencySpec> DependsOn { get; init; } = [];

    public HealthCheckSpec? HealthCheck { get; init; }

    public RestartSpec Restart { get; init; } = new();

    /// <summary>How many machines; <c>deploy.replicas</c> or <c>scale</c>. 0 is allowed.</summary>
    public int Replicas { get; init; } = 1;

    public ResourceSpec Resources { get; init; } = new();

    public IReadOnlyList<UlimitSpec> Ulimits { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Sysctls { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Annotations { get; init; } = [];

    public bool Init { get; init; }

    /// <summary>Name (<c>SIGINT</c>) or number as text; null: the image's, else SIGTERM.</summary>
    public string? StopSignal { get; init; }

    public long? StopGracePeriodMs { get; init; }

    public bool ReadOnly { get; init; }

    public bool Tty { get; init; }

    public bool StdinOpen { get; init; }

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    public IReadOnlyList<string> GroupAdd { get; init; } = [];

    public string? Platform { get; init; }

    public PullPolicy PullPolicy { get; init; }

    public LoggingSpec Logging { get; init; } = new();

    public IReadOnlyList<HookSpec> PostStart { get; init; } = [];

    public IReadOnlyList<HookSpec> PreStop { get; init; } = [];

    /// <summary>Compose's <c>devices:</c>, unparsed; the device manager reads them.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>What <c>x-figment</c> of the service (over that of the application) says.</summary>
    public FigmentSpec Figment { get; init; } = new();
}
