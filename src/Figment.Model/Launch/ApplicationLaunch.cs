namespace Figment.Model.Launch;

/// <summary>What <c>figmentd</c> leaves the keeper of an application (<c>keeper.json</c>): everything it needs to work without the daemon.</summary>
public sealed record ApplicationLaunch
{
    public required string Application { get; init; }

    /// <summary>Assignment of the application to this node; older ones are refused.</summary>
    public required long Epoch { get; init; }

    /// <summary>The application's folder below the runtime folder: this file, sockets, pinned namespaces, ledger.</summary>
    public required string RuntimeDirectory { get; init; }

    /// <summary>The application's folder below the state folder: overlays, logs, volumes' links, learnt ports.</summary>
    public required string StateDirectory { get; init; }

    public required string BoxPath { get; init; }

    /// <summary>Unique on the node; interface and table names are made of it. Six lower-case hex digits.</summary>
    public required string Tag { get; init; }

    public IReadOnlyList<NetworkLaunch> Networks { get; init; } = [];

    /// <summary>Ordered by service, then number.</summary>
    public IReadOnlyList<MachineLaunch> Machines { get; init; } = [];

    /// <summary>Those with an address of their own.</summary>
    public IReadOnlyList<ServiceLaunch> Services { get; init; } = [];

    /// <summary>Where names outside the application are asked, in order.</summary>
    public IReadOnlyList<string> UpstreamDns { get; init; } = [];

    /// <summary>Null: all its machines are on this node.</summary>
    public SpanLaunch? Span { get; init; }
}
