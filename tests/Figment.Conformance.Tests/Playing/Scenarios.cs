using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests.Playing;

/// <summary>What is played. The steps never try a first connection twice: under Figment it comes while the program does not run.</summary>
internal static class Scenarios
{
    private const string Python = "python3";
    private const string Get = "/clients/get.py";

    public static Scenario Sentinel { get; } = new()
    {
        Name = "sentinel",
        Example = "replicated-redis",
        Steps = async play =>
        {
            string[] ask = ["redis-cli", "-h", "sentinel", "-p", "26379", "sentinel"];
            for (int number = 1; number <= 3; number++)
            {
                await play.ReadyAsync(FormattableString.Invariant($"sentinel-{number}"), 26379);
            }

            await play.UntilAsync("<primary-1>\n6379", [.. ask, "get-master-addr-by-name", "main"]);
            // All three must know each other and the replica before the primary may be lost.
            await play.UntilAsync("OK 3 usable Sentinels. Quorum and failover authorization can be reached", [.. ask, "ckquorum", "main"]);
            for (int number = 1; number <= 3; number++)
            {
                await play.UntilAsync("<replica-1>:6379 slave", Python, "/clients/replicas.py", FormattableString.Invariant($"sentinel-{number}"));
            }

            await play.RunAsync("redis-cli", "-h", "primary", "set", "greeting", "hello");
            await play.UntilAsync("hello", "redis-cli", "-h", "replica", "get", "greeting");
            await play.UntilAsync("<replica-1>", "sh", "-c", "redis-cli -h primary role | sed -n 3p");
            await play.StopAsync("primary-1");
            await play.UntilAsync("<replica-1>\n6379", [.. ask, "get-master-addr-by-name", "main"]);
            await play.RunAsync("redis-cli", "-h", "replica", "set", "greeting", "still here");
            await play.StartAsync("primary-1");
            await play.UntilAsync("slave\n<replica-1>\n6379\nconnected", "sh", "-c", "redis-cli -h primary role | head -4");
            await play.UntilAsync("still here", "redis-cli", "-h", "primary", "get", "greeting");
        },
    };

    public static Scenario PostgreSql { get; } = new()
    {
        Name = "postgresql",
        Steps = async play =>
        {
            string[] primary = ["psql", "-X", "-At", "-h", "primary", "-U", "postgres", "-c"];
            string[] standby = ["psql", "-X", "-At", "-h", "standby", "-U", "postgres", "-c"];
            await play.ReadyAsync("primary-1", 5432);
            // PostgreSQL listens before it can serve and says so to whoever comes early.
            await play.UntilAsync("1", [.. primary, "select 1"]);
            await play.RunAsync([.. primary, "create table greetings (word text)"]);
            await play.RunAsync([.. primary, "insert into greetings values ('hello')"]);
            await play.ReadyAsync("standby-1", 5432);
            await play.UntilAsync("hello|t", [.. standby, "select word, pg_is_in_recovery() from greetings"]);
            await play.UntilAsync("<standby-1>|streaming", [.. primary, "select client_addr, state from pg_stat_replication"]);
            await play.RunAsync([.. primary, "insert into greetings values ('again')"]);
            await play.UntilAsync("2", [.. standby, "select count(*) from greetings"]);
            await play.RunAsync([.. standby, "select inet_client_addr(), inet_server_addr()"]);
        },
    };

    public static Scenario ZooKeeper { get; } = new()
    {
        Name = "zookeeper",
        Example = "zookeeper",
        Steps = async play =>
        {
            const string Script = "/clients/zookeeper.py";
            for (int number = 1; number <= 3; number++)
            {
                await play.ReadyAsync(FormattableString.Invariant($"zoo{number}-1"), 2181);
            }

            await play.RunAsync(Python, Script, "word", "ruok", "zoo2");
            await play.UntilAsync("follower:2 leader:1", Python, Script, "roles", "zoo1", "zoo2", "zoo3");
            await play.RunAsync(Python, Script, "create", "zoo1", "/greeting", "hello");
            await play.RunAsync(Python, Script, "get", "zoo3", "/greeting");
            await play.RunAsync("sh", "-c", $"{Python} {Script} word cons zoo2 | cut -d: -f1");
        },
    };

    public static Scenario Etcd { get; } = new()
    {
        Name = "etcd",
        Steps = async play =>
        {
            string[] Ask(string host) => ["env", "ETCDCTL_API=3", "etcdctl", $"--endpoints=http://{host}:2379", "--dial-timeout=30s", "--command-timeout=30s"];
            for (int number = 1; number <= 3; number++)
            {
                await play.ReadyAsync(FormattableString.Invariant($"etcd{number}-1"), 2379);
            }

            await play.RunAsync([.. Ask("etcd1"), "put", "greeting", "hello"]);
            await play.RunAsync([.. Ask("etcd3"), "get", "greeting"]);
            await play.RunAsync("sh", "-c", string.Join(' ', Ask("etcd2")) + " member list | sort");
        },
    };

    public static Scenario RabbitMq { get; } = new()
    {
        Name = "rabbitmq",
        Steps = async play =>
        {
            await play.ReadyAsync("rabbit-1", 5672);
            await play.RunAsync(Python, "/clients/amqp.py", "rabbit");
            await play.RunInAsync("rabbit-1", "/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", "--no-table-headers", "list_queues", "name", "messages");
            await play.RunInAsync("rabbit-1", "/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", "eval", "node().");
        },
    };

    public static Scenario Nats { get; } = new()
    {
        Name = "nats",
        Steps = async play =>
        {
            for (int number = 1; number <= 3; number++)
            {
                await play.ReadyAsync(FormattableString.Invariant($"nats{number}-1"), 4222);
            }

            await play.RunAsync(Python, "/clients/nats.py", "relay", "nats1", "nats3", "5");
            await play.UntilAsync("nats2 conformance <nats1-1>:4222 <nats2-1>:4222 <nats3-1>:4222", Python, "/clients/nats.py", "members", "nats2");
        },
    };

    public static Scenario Gunicorn { get; } = Pages("gunicorn", [("front-1", 80), ("app-1", 8000)], "http://front/first", "http://front/second");

    public static Scenario Uwsgi { get; } = Pages("uwsgi", [("front-1", 80), ("app-1", 3031)], "http://front/first", "http://front/second");

    public static Scenario HaProxy { get; } = Pages("haproxy", [("front-1", 80), ("one-1", 8000), ("two-1", 8000)], "http://front/", "http://front/", "http://front/", "http://front/");

    public static Scenario BusyBox { get; } = Pages("busybox", [("web-1", 8080), ("silent-1", 8081)], "http://web:8080/", "http://silent:8081/", "http://web:8080/");

    public static Scenario Node { get; } = Pages("node", [("web-1", 8080)], "http://web:8080/", "http://web:8080/");

    public static Scenario DotNet { get; } = Pages("dotnet", [("web-1", 8080)], "http://web:8080/", "http://web:8080/") with
    {
        Variables = new Dictionary<string, string> { ["CONFORMANCE_FOLDER"] = AppContext.BaseDirectory.TrimEnd('/') },
    };

    public static Scenario Memcached { get; } = new()
    {
        Name = "memcached",
        Steps = async play =>
        {
            await play.ReadyAsync("stream-1", 11211);
            await play.RunAsync(Python, "/clients/memcache.py", "tcp", "stream");
            await play.RunAsync(Python, "/clients/memcache.py", "udp", "stream");
            await play.ReadyAsync("datagram-1", 11211);
            await play.RunAsync(Python, "/clients/memcache.py", "udp", "datagram");
            await play.RunAsync(Python, "/clients/memcache.py", "tcp", "datagram");
        },
    };

    public static Scenario Guestbook { get; } = new()
    {
        Name = "guestbook",
        Example = "guestbook",
        HasClient = false,
        Variables = new Dictionary<string, string> { ["GUESTBOOK_PORT"] = "18080" },
        Steps = async play =>
        {
            // Natively nothing waits for a server that is still starting.
            await play.ReadyAsync("redis-1", 6379);
            await play.ReadyAsync("app-1", 8000);
            await play.FetchAsync("front", 80, "/");
            await play.FetchAsync("front", 80, "/", "-L", "-d", "entry=<Hello>");
            await play.FetchAsync("front", 80, "/elsewhere");
        },
    };

    /// <summary>The JVM's program is compiled for the run.</summary>
    public static async Task<Scenario> JavaAsync(string classesFolder, CancellationToken cancellation)
    {
        string source = Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests", "Scenarios", "java", "Greeting.java");
        await Command.CheckedAsync(["javac", "-d", classesFolder, source], null, cancellation);
        return Pages("java", [("web-1", 8080)], "http://web:8080/", "http://web:8080/") with
        {
            Variables = new Dictionary<string, string> { ["CONFORMANCE_CLASSES"] = classesFolder },
        };
    }

    private static Scenario Pages(string name, (string Machine, int Port)[] servers, params string[] addresses) => new()
    {
        Name = name,
        Steps = async play =>
        {
            foreach ((string machine, int port) in servers)
            {
                await play.ReadyAsync(machine, port);
            }

            foreach (string address in addresses)
            {
                await play.RunAsync(Python, Get, address);
            }
        },
    };
}
