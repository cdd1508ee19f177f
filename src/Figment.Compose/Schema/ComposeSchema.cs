using static Figment.Compose.Schema.Shapes;
using static Figment.Compose.Schema.SupportLevel;

namespace Figment.Compose.Schema;

/// <summary>The whole file. This table is what the loader checks by, what it merges by, and what the reference in docs/compose.md lists.</summary>
internal static class ComposeSchema
{
    private const string OneApplication = "machines of other applications are not reachable: it is treated as a network of this application";

    public static Shape Network { get; } = Keys(
        new("attachable", Flag, Warns, "only machines of the application join a network"),
        new("driver", Text, Note: "bridge or default; others warn"),
        new("driver_opts", MapOf(AnyScalar), Note: "com.docker.network.driver.mtu; others warn"),
        new("enable_ipv4", Flag, Warns, "machines always have an IPv4 address"),
        new("enable_ipv6", Flag),
        new("external", FlagOrKeys(new SchemaKey("name", Text)), Warns, OneApplication),
        new("internal", Flag),
        new("ipam", Keys(
            new("driver", Text, Note: "default; others warn"),
            new("options", MapOf(AnyScalar), Warns, "addresses come from the subnet"),
            new("config", ListOf(Keys(
                new("subnet", Text),
                new("gateway", Text),
                new("ip_range", Text, Warns, "addresses come from the whole subnet"),
                new("aux_addresses", MapOf(Text), Warns, "no address is set aside")))))),
        new("labels", ListOrMap, Merge: MergeRule.KeyValue),
        new("name", Text, Warns, "a network belongs to one application and needs no name on the node"));

    public static Shape Volume { get; } = Keys(
        new("driver", Text, Note: "local or default; others warn"),
        new("driver_opts", MapOf(AnyScalar)),
        new("external", FlagOrKeys(new SchemaKey("name", Text))),
        new("labels", ListOrMap, Merge: MergeRule.KeyValue),
        new("name", Text));

    public static Shape Config { get; } = Keys(
        new("content", Text),
        new("environment", Text),
        new("external", FlagOrKeys(new SchemaKey("name", Text))),
        new("file", Text),
        new("labels", ListOrMap, Warns, "configs have no labels", MergeRule.KeyValue),
        new("name", Text, Note: "used with external"),
        new("template_driver", Text, Warns, "files are given as they are"));

    public static Shape Secret { get; } = Keys(
        new("driver", Text, Warns, "secrets are files or variables"),
        new("driver_opts", MapOf(AnyScalar), Warns, "secrets are files or variables"),
        new("environment", Text),
        new("external", FlagOrKeys(new SchemaKey("name", Text))),
        new("file", Text),
        new("labels", ListOrMap, Warns, "secrets have no labels", MergeRule.KeyValue),
        new("name", Text, Note: "used with external"),
        new("template_driver", Text, Warns, "files are given as they are"));

    public static Shape Include { get; } = TextOrKeys(
        new("path", TextOrList, Merge: MergeRule.Union),
        new("project_directory", Text),
        new("env_file", TextOrList, Merge: MergeRule.Union));

    public static Shape TopLevel { get; } = Keys(
        new("configs", MapOf(Config)),
        new("include", ListOf(Include), Merge: MergeRule.Replace),
        new("models", Anything, Warns, "no models are provided"),
        new("name", Text),
        new("networks", MapOf(Network)),
        new("secrets", MapOf(Secret)),
        new("services", MapOf(ServiceSchema.Shape)),
        new("version", TextOrNumber, Obsolete, "leave it out"),
        new("volumes", MapOf(Volume)),
        new("x-figment", ServiceParts.Figment, Note: "defaults for all services"));
}
