using Figment.Model.Specs;
using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

public sealed class MergeTests
{
    private static readonly ComposeOptions Two = new() { Files = ["compose.yaml", "more.yaml"] };

    [Fact]
    public void Lists_append_and_what_has_an_identity_is_replaced_in_its_place()
    {
        ServiceSpec web = Merged(
            "cap_add: [A, B]\nvolumes: [\"./a:/x\", \"./b:/y\"]\nports: [\"80:80\"]\nconfigs: [c]",
            "cap_add: [B, C]\nvolumes: [{ type: bind, source: ./c, target: /x/ }]\nports: [{ target: 80, published: 80 }, \"81:80\"]\nconfigs: [{ source: d, target: c }]",
            "configs: { c: { content: x }, d: { content: y } }");

        Assert.Equal(["A", "B", "C"], web.CapAdd);
        Assert.Equal(["/app/c:/x", "/app/b:/y"], web.Mounts.Select(mount => $"{mount.Source}:{mount.Target}"));
        Assert.Equal([80, 81], web.Ports.Select(port => port.Published));
        Assert.Equal(["d:/c"], web.Configs.Select(file => $"{file.Source}:{file.Target}"));
    }

    [Fact]
    public void Commands_and_tests_are_replaced_whole()
    {
        ServiceSpec web = Merged("command: [a, b]\nentrypoint: x y\nhealthcheck: { test: [CMD, a, b], retries: 7 }", "command: c\nentrypoint: []\nhealthcheck: { test: d }");
        Assert.Equal(["c"], web.Command);
        Assert.Equal([], web.Entrypoint!);
        Assert.Equal(["d"], web.HealthCheck!.Test);
        Assert.Equal(7, web.HealthCheck.Retries);
    }

    [Fact]
    public void List_and_mapping_forms_meet()
    {
        ServiceSpec web = Merged("environment: [A=1, B=1]\nlabels: { a: 1 }\nextra_hosts: [\"h:10.0.0.1\"]\nbuild: ./x\nnetworks: [n]\ndepends_on: [other]", "environment: { B: 2 }\nlabels: [a=2]\nextra_hosts: { i: 10.0.0.2 }\nbuild: { target: t }\nnetworks: { n: { aliases: [z] } }\ndepends_on: { other: { condition: service_healthy } }", "networks: { n: {} }");
        Assert.Equal(["1", "2"], web.Environment.Select(pair => pair.Value));
        Assert.Equal("2", web.Labels.Single().Value);
        Assert.Equal(["h", "i"], web.ExtraHosts.Select(pair => pair.Key));
        Assert.Equal(("/app/x", "t"), (web.Build!.Context, web.Build.Target));
        Assert.Equal(["z"], web.Networks.Single().Aliases);
        Assert.Equal(DependencyCondition.Healthy, web.DependsOn.Single().Condition);
    }

    [Fact]
    public void Reset_takes_away_and_override_replaces()
    {
        ServiceSpec web = Merged("ports: [\"80:80\"]\nenvironment: { A: 1, B: 1 }\nhostname: h\ndns: [1.1.1.1]", "ports: !reset []\nenvironment: { A: !reset null }\nhostname: !reset\ndns: !override [2.2.2.2]");
        Assert.Empty(web.Ports);
        Assert.Equal(["B"], web.Environment.Select(pair => pair.Key));
        Assert.Null(web.Hostname);
        Assert.Equal(["2.2.2.2"], web.Dns);
    }

    [Fact]
    public void Reset_takes_a_whole_service_away() =>
        Assert.Equal(["web"], Clean("services: { web: { image: a }, gone: { image: b } }", Two, ("more.yaml", "services: { gone: !reset null }")).Services.Select(service => service.Name));

    [Fact]
    public void Logging_options_merge_only_for_one_driver()
    {
        Assert.Equal((2, 1024), Log(Merged("logging: { driver: local, options: { max-file: 2 } }", "logging: { options: { max-size: 1k } }")));
        Assert.Equal((3, 1024), Log(Merged("logging: { driver: local, options: { max-file: 2 } }", "logging: { driver: json-file, options: { max-size: 1k } }")));

        static (int, long) Log(ServiceSpec service) => (service.Logging.MaxFiles, service.Logging.MaxSizeBytes);
    }

    [Fact]
    public void A_key_that_says_nothing_changes_nothing() =>
        Assert.Equal(["80/tcp"], Merged("expose: [80]", "expose:").Expose.Select(port => port.ToString()));

    [Fact]
    public void An_error_in_the_second_file_is_placed_there() =>
        Assert.Equal(["more.yaml:1:20: error: services.web: unknown key 'prots'; did you mean 'ports'?"], Lines(Load("services: { web: { image: a } }", Two, ("more.yaml", "services: { web: { prots: [] } }"))));

    private static ServiceSpec Merged(string first, string second, string topLevel = "") =>
        Clean(WebText(first, topLevel + "\nx-other: 1").Replace("services:\n", "services:\n  other: { image: o }\n", StringComparison.Ordinal), Two, ("more.yaml", WebText(second)))
            .Services.Single(service => service.Name == "web");
}
