using static Figment.Compose.Schema.Shapes;
using static Figment.Compose.Schema.SupportLevel;

namespace Figment.Compose.Schema;

/// <summary>The parts of a service that have keys of their own.</summary>
internal static class ServiceParts
{
    public static Shape Build { get; } = TextOrKeys(
        new("context", Text, Note: "a local folder"),
        new("dockerfile", Text),
        new("dockerfile_inline", Text),
        new("target", Text),
        new("args", ListOrMap, Merge: MergeRule.KeyValue),
        new("tags", TextList, Merge: MergeRule.Union),
        new("additional_contexts", ListOrMap, Warns, "only the context folder is given to the builder", MergeRule.KeyValue),
        new("cache_from", TextList, Warns, "the builder keeps its own cache"),
        new("cache_to", TextList, Warns, "the builder keeps its own cache"),
        new("entitlements", TextList, Warns, "builds get no further rights"),
        new("extra_hosts", HostLines, Warns, "builds use the node's names", MergeRule.Hosts),
        new("isolation", Text, Warns, "builds are isolated as the builder does it"),
        new("labels", ListOrMap, Warns, "labels of images are not used", MergeRule.KeyValue),
        new("network", Text, Warns, "builds use the node's network"),
        new("no_cache", Flag, Warns, "the builder keeps its own cache"),
        new("platforms", TextList, Warns, "images are built for the node's own platform"),
        new("privileged", Flag, Refused, "a build never gets the node's own rights"),
        new("provenance", AnyScalar, Warns, "no attestation is made"),
        new("pull", Flag, Warns, "base images are pulled if they are missing"),
        new("sbom", AnyScalar, Warns, "no attestation is made"),
        new("secrets", Anything, Warns, "builds see no secrets"),
        new("shm_size", Size, Warns, "builds have the builder's own limits"),
        new("ssh", Anything, Warns, "builds see no keys"),
        new("ulimits", Anything, Warns, "builds have the builder's own limits"));

    public static Shape Port { get; } = new()
    {
        Scalars = ScalarTypes.String | ScalarTypes.Number,
        Expected = "a port as 8080:80 or a mapping",
        Keys =
        [
            new("target", Number),
            new("published", TextOrNumber, Note: "a port or a range"),
            new("host_ip", Text),
            new("protocol", Text, Note: "tcp or udp"),
            new("mode", Text, Note: "host and ingress are the same on one node"),
            new("name", Text, Note: "a comment"),
            new("app_protocol", Text, Note: "a comment"),
        ],
    };

    public static Shape Volume { get; } = TextOrKeys(
        new("type", Text, Note: "bind, volume or tmpfs"),
        new("source", Text),
        new("target", Text),
        new("read_only", Flag),
        new("consistency", Text, Note: "means nothing on Linux"),
        new("bind", Keys(
            new("propagation", Text),
            new("create_host_path", Flag, Note: "true unless said otherwise"),
            new("recursive", Text, Warns, "mounts below the source come along as they are"),
            new("selinux", Text, Note: "no labels are set"))),
        new("volume", Keys(
            new("nocopy", Flag),
            new("subpath", Text),
            new("labels", ListOrMap, Warns, "only volumes of the top level have labels", MergeRule.KeyValue))),
        new("tmpfs", Keys(
            new("size", Size),
            new("mode", Number))),
        new("image", Anything, Refused, "images are not mounted as volumes"),
        new("cluster", Anything, Refused, "there are no cluster volumes"));

    public static Shape Network { get; } = Keys(
        new("aliases", TextList, Merge: MergeRule.Union),
        new("ipv4_address", Text, Note: "the network needs a subnet that holds it"),
        new("ipv6_address", Text),
        new("mac_address", Text),
        new("priority", Number),
        new("gw_priority", Number, Warns, "'priority' decides the default route"),
        new("interface_name", Text, Warns, "interfaces are named eth0, eth1 by priority"),
        new("link_local_ips", TextList, Warns, "only ipv4_address and ipv6_address are set", MergeRule.Union),
        new("driver_opts", MapOf(AnyScalar), Warns, "the bridge has no options of a driver"));

    public static Shape FileReference { get; } = TextOrKeys(
        new("source", Text),
        new("target", Text),
        new("uid", TextOrNumber),
        new("gid", TextOrNumber),
        new("mode", Number));

    public static Shape Dependency { get; } = Keys(
        new("condition", Text, Note: "service_started, service_healthy or service_completed_successfully"),
        new("restart", Flag),
        new("required", Flag));

    public static Shape HealthCheck { get; } = Keys(
        new("test", Command, Merge: MergeRule.Replace),
        new("interval", Duration),
        new("timeout", Duration),
        new("retries", Number),
        new("start_period", Duration),
        new("start_interval", Duration),
        new("disable", Flag));

    public static Shape Logging { get; } = Keys(
        new("driver", Text, Note: "json-file, local or none; others warn"),
        new("options", MapOf(AnyScalar), Note: "max-size and max-file; others warn"));

    public static Shape Ulimit { get; } = new()
    {
        Scalars = ScalarTypes.String | ScalarTypes.Number,
        Keys = [new("soft", Number), new("hard", Number)],
        Expected = "a number or a mapping with soft and hard",
    };

    public static Shape Hook { get; } = Keys(
        new("command", Command, Merge: MergeRule.Replace),
        new("user", TextOrNumber),
        new("working_dir", Text),
        new("environment", ListOrMap, Merge: MergeRule.KeyValue),
        new("privileged", Flag, Refused, "a machine never gets the node's own rights"));

    public static Shape EnvironmentFile { get; } = TextOrKeys(
        new("path", Text),
        new("required", Flag),
        new("format", Text, Note: "raw, or left out"));

    public static Shape Device { get; } = TextOrKeys(
        new("source", Text),
        new("target", Text),
        new("permissions", Text));

    public static Shape Extends { get; } = TextOrKeys(
        new("service", Text),
        new("file", Text));

    public static Shape Deploy { get; } = Keys(
        new("mode", Text, Note: "replicated; global is one machine on one node"),
        new("replicas", Number),
        new("resources", Keys(
            new("limits", Keys(
                new("cpus", Number),
                new("memory", Size),
                new("pids", Number))),
            new("reservations", Keys(
                new("cpus", Number),
                new("memory", Size),
                new("devices", Anything, Warns, "no devices are reserved"),
                new("generic_resources", Anything, Warns, "no devices are reserved"))))),
        new("restart_policy", Keys(
            new("condition", Text, Note: "none, on-failure or any"),
            new("delay", Duration),
            new("max_attempts", Number),
            new("window", Duration))),
        new("placement", Keys(
            new("constraints", TextList, Note: "one node satisfies all of them"),
            new("preferences", Anything),
            new("max_replicas_per_node", Number))),
        new("labels", ListOrMap, Warns, "only labels of services are kept", MergeRule.KeyValue),
        new("endpoint_mode", Text, Warns, "a name leads to all machines of its service"),
        new("update_config", Anything, Warns, "machines are replaced at once"),
        new("rollback_config", Anything, Warns, "machines are replaced at once"));

    public static Shape Figment { get; } = Keys(
        new("root", Text, Note: "host: the node's own file system below the machine's; image (default)"),
        new("start", Text, Note: "on-demand or eager; default: on demand if the service has a port to be signalled at"),
        new("from", Text, Note: "snapshot: machines begin from a snapshot that was taken of the first one when it had come to rest, see migration.md; image (default)"),
        new("after-restore", ListOf(Hook), Note: "commands run in a machine that has begun from a snapshot, before it counts as ready"),
        new("settle", Duration, Note: "how long after its first listen a program may leave a known port untaken; default 2s"),
        new("start-timeout", Duration, Note: "how long a program may run without listening while a client waits; default 30s"),
        new("packages", TextList, Note: "Debian packages that a root: host program needs", Merge: MergeRule.Union),
        new("idle", Keys(
            new("freeze-after", Duration, Note: "how long a machine must have been quiet before it is frozen; default 10s, with ignore: heartbeat 60s; never"),
            new("reclaim-after", Duration, Note: "how long a machine must have been frozen before its memory is given back to the node, by swapping if there is swap; never (default)"),
            new("hibernate-after", Duration, Note: "how long a machine must have been frozen before it is put on storage, with its connections; never (default)"),
            new("ignore", Text, Note: "heartbeat: what machines tell each other to know that they live does not keep them awake; nothing (default)"))),
        new("elastic", Keys(
            new("min", Number, Note: "machines that always run; default 0"),
            new("max", Number, Note: "machines there may be, 1 to 64; the service has one address for all"),
            new("target", Keys(
                new("connections", Number, Note: "connections a machine is to have, waiting ones included"),
                new("processor", TextOrNumber, Note: "share of its processors that a machine is to use, such as 70%; the default, 70%, if no target is named"),
                new("memory", TextOrNumber, Note: "share of its memory limit that a machine is to use, such as 80%"))),
            new("scale-in-after", Duration, Note: "how long fewer machines must have been enough; default 10s"),
            new("release-after", Duration, Note: "how long a machine that is not needed is kept frozen before it is imaginary again; default 60s"))),
        new("cores", Anything, Warns, "cores are the kernel's affair in this version"),
        new("allocator", Anything, Warns, "programs keep their own allocator in this version"),
        new("placement", Anything, Warns, "there is one node in this version"));
}
