using Figment.Model;
using Figment.Node.Addresses;

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
    };

    private static bool Flag(string variable) => Environment.GetEnvironmentVariable(variable) switch
    {
        null or "" or "0" or "false" => false,
        "1" or "true" => true,
        var text => throw new Errors.NodeException(Api.Contract.ErrorCode.InvalidRequest, $"{variable}={text} is neither yes nor no", "1 or 0"),
    };

    private static Ipv4Range Pool(string variable, Ipv4Range otherwise)
    {
        string? text = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(text))
        {
            return otherwise;
        }

        return Ipv4Range.TryParse(text, out var range)
            ? range
            : throw new Errors.NodeException(Api.Contract.ErrorCode.InvalidRequest, $"{variable}={text} is not an IPv4 network", $"write it as {otherwise}");
    }
}
