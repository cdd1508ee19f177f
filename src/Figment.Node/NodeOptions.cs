using System.Globalization;
using Figment.Api.Contract;
using Figment.Migration.Store;
using Figment.Model;
using Figment.Model.Specs;
using Figment.Node.Addresses;
using Figment.Node.Errors;

namespace Figment.Node;

/// <summary>What distinguishes one node from another.</summary>
public sealed record NodeOptions
{
    public static readonly Ipv4Range DefaultSubnetPool = Ipv4Range.Parse("10.210.0.0/16");
    public static readonly Ipv4Range DefaultUplinkPool = Ipv4Range.Parse("10.211.0.0/16");

    public required Places Places { get; init; }

    /// <summary>Folder of figment-keeper and figment-box.</summary>
    public required string BinDirectory { get; init; }

    /// <summary>This node's name in assignments.</summary>
    public required string NodeName { get; init; }

    /// <summary>Networks of applications are /24s from here (<c>FIGMENT_SUBNET_POOL</c>).</summary>
    public Ipv4Range SubnetPool { get; init; } = DefaultSubnetPool;

    /// <summary>The pairs between routers and node are /30s from here (<c>FIGMENT_UPLINK_POOL</c>).</summary>
    public Ipv4Range UplinkPool { get; init; } = DefaultUplinkPool;

    /// <summary>How long a second operation on one application waits for the first before it is refused.</summary>
    public TimeSpan OperationWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a keeper may take from its start to its first answer: namespaces of 1,000 machines take some seconds.</summary>
    public TimeSpan KeeperStart { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Metrics have a series for each machine (<c>FIGMENT_METRICS_MACHINES</c>).</summary>
    public bool MetricsByMachine { get; init; }

    /// <summary>How snapshots are kept (<c>FIGMENT_SNAPSHOT_QUOTA</c>, <c>FIGMENT_SNAPSHOT_KEY</c>, <c>FIGMENT_SNAPSHOT_LEVEL</c>).</summary>
    public StoreOptions Snapshots { get; init; } = new();

    public string KeeperPath => Path.Combine(BinDirectory, "figment-keeper");

    public string BoxPath => Path.Combine(BinDirectory, "figment-box");

    /// <summary>The node as the environment describes it.</summary>
    public static NodeOptions FromEnvironment() => new()
    {
        Places = Places.FromEnvironment(),
        BinDirectory = Environment.GetEnvironmentVariable("FIGMENT_BIN_DIR") is { Length: > 0 } folder ? folder : AppContext.BaseDirectory.TrimEnd('/'),
        NodeName = Environment.GetEnvironmentVariable("FIGMENT_NODE") is { Length: > 0 } name ? name : Environment.MachineName,
        SubnetPool = Pool("FIGMENT_SUBNET_POOL", DefaultSubnetPool),
        UplinkPool = Pool("FIGMENT_UPLINK_POOL", DefaultUplinkPool),
        MetricsByMachine = Flag("FIGMENT_METRICS_MACHINES"),
        Snapshots = new StoreOptions
        {
            QuotaBytes = Size("FIGMENT_SNAPSHOT_QUOTA"),
            KeyFile = File("FIGMENT_SNAPSHOT_KEY"),
            CompressionLevel = Number("FIGMENT_SNAPSHOT_LEVEL", StoreOptions.CompressionLevelMax) ?? new StoreOptions().CompressionLevel,
        },
    };

    private static bool Flag(string variable) => Environment.GetEnvironmentVariable(variable) switch
    {
        null or "" or "0" or "false" => false,
        "1" or "true" => true,
        var text => throw Wrong(variable, text, "is neither yes nor no", "1 or 0"),
    };

    private static long? Size(string variable) => Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text
        ? null
        : ByteSize.Parse(text) ?? throw Wrong(variable, text, "is no size", "write it as 20g, or in bytes");

    private static int? Number(string variable, int max) => Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text
        ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= max ? number : throw Wrong(variable, text, "is no level", $"0 to {max}");

    /// <summary>The daemon's working directory is nobody's.</summary>
    private static string? File(string variable) => Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text
        ? null
        : Path.IsPathFullyQualified(text) ? text : throw Wrong(variable, text, "is not an absolute path", "write it as /etc/figment/key");

    private static Ipv4Range Pool(string variable, Ipv4Range otherwise)
    {
        string? text = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(text))
        {
            return otherwise;
        }

        return Ipv4Range.TryParse(text, out var range)
            ? range
            : throw Wrong(variable, text, "is not an IPv4 network", $"write it as {otherwise}");
    }

    private static NodeException Wrong(string variable, string text, string why, string hint) => new(ErrorCode.InvalidRequest, $"{variable}={text} {why}", hint);
}
