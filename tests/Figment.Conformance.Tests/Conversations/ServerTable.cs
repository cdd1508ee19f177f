namespace Figment.Conformance.Tests.Conversations;

/// <summary>The servers that are put on storage, brought back and moved.</summary>
internal static class ServerTable
{
    /// <summary>As root its worker is of the same user: of several a sandbox' root may dump none.</summary>
    private const string NginxUser = "CONFORMANCE_NGINX_USER";

    public static Server Nginx { get; } = Web("nginx") with { Kind = "nginx", Variables = new Dictionary<string, string> { [NginxUser] = "root" } };

    /// <summary>As Debian configures it.</summary>
    public static Server NginxOfTwoUsers { get; } = Nginx with { Variables = new Dictionary<string, string> { [NginxUser] = "nobody nogroup" } };

    private static IReadOnlyDictionary<string, Server> All { get; } = new Dictionary<string, Server>
    {
        ["redis"] = new() { Name = "redis", Kind = "redis", Port = 6379 },
        ["memcached"] = new() { Name = "memcached", Kind = "memcached", Port = 11211 },
        ["nginx"] = Nginx,
        ["haproxy"] = Web("haproxy"),
        ["nats"] = new() { Name = "nats", Kind = "nats", Port = 4222 },
        ["node"] = Web("node"),
        ["python"] = Web("python"),
        ["java"] = Web("java"),
        ["dotnet"] = Web("dotnet") with { Variables = new Dictionary<string, string> { ["CONFORMANCE_FOLDER"] = AppContext.BaseDirectory.TrimEnd('/') } },
        ["postgresql"] = new()
        {
            Name = "postgresql",
            Kind = "postgresql",
            Port = 5432,
            Ready = (["psql", "-X", "-At", "-h", "server", "-U", "postgres", "-c", "select 1"], "1"),
            Prepare = ["/usr/lib/postgresql/15/bin/pgbench", "-h", "server", "-U", "postgres", "-i", "-q", "-s", "2", "postgres"],
            Load = ["/usr/lib/postgresql/15/bin/pgbench", "-h", "ADDRESS", "-U", "postgres", "-n", "-c", "4", "-T", "3600", "postgres"],
            Books = ([
                "psql", "-X", "-At", "-h", "server", "-U", "postgres", "-c",
                "select count(*) > 100, coalesce(sum(delta), 0) = (select sum(abalance) from pgbench_accounts) and coalesce(sum(delta), 0) = (select sum(tbalance) from pgbench_tellers) and coalesce(sum(delta), 0) = (select sum(bbalance) from pgbench_branches) from pgbench_history",
            ], "t|t"),
        },
        ["zookeeper follower"] = ZooKeeper("follower"),
        ["zookeeper leader"] = ZooKeeper("leader"),
    };

    public static Server Find(string name) => All[name];

    private static Server Web(string name) => new() { Name = name, Kind = "http", Port = 8080 };

    private static Server ZooKeeper(string role) => new()
    {
        Name = "zookeeper",
        Kind = "zookeeper",
        Port = 2181,
        Machines = ["zoo1-1", "zoo2-1", "zoo3-1"],
        Role = role,
        Ready = (["python3", "/clients/zookeeper.py", "roles", "zoo1", "zoo2", "zoo3"], "follower:2 leader:1"),
    };
}
