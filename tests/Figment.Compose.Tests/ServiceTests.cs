using Figment.Model.Specs;
using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

/// <summary>Values of a service's keys, good and bad.</summary>
public sealed class ServiceTests
{
    [Theory]
    [InlineData("80", "0-0:80/tcp")]
    [InlineData("\"80:90\"", "80-80:90/tcp")]
    [InlineData("\"80:90/udp\"", "80-80:90/udp")]
    [InlineData("\"127.0.0.1:80:90\"", "127.0.0.1 80-80:90/tcp")]
    [InlineData("\"[::1]:80:90\"", "::1 80-80:90/tcp")]
    [InlineData("\"0:90\"", "0-0:90/tcp")]
    [InlineData("\"80-85:90\"", "80-85:90/tcp")]
    [InlineData("\"80-81:90-91\"", "80-80:90/tcp 81-81:91/tcp")]
    [InlineData("{ target: 90, published: \"80-85\" }", "80-85:90/tcp")]
    [InlineData("{ target: 90 }", "0-0:90/tcp")]
    public void A_port_is_read(string port, string expected) =>
        Assert.Equal(expected, string.Join(' ', Web($"ports: [{port}]").Ports.Select(one => $"{(one.HostIp is null ? "" : one.HostIp + " ")}{one.Published}-{one.PublishedEnd}:{one.Target}/{(one.Protocol == TransportProtocol.Udp ? "udp" : "tcp")}")));

    [Theory]
    [InlineData("ports: [{ target: http }]", ":23: error: services.web.ports[0].target: expected a number from 1 to 65535, found 'http'")]
    [InlineData("ports: [\"80:70000\"]", ":13: error: services.web.ports[0]: expected a port from 1 to 65535 or a range of them, found '80:70000'; write 8080:80, 127.0.0.1:8080:80/udp, 8000-8010:8000-8010, or a mapping with target and published")]
    [InlineData("ports: [\"1-3:1-2\"]", ":13: error: services.web.ports[0]: the ranges differ: 3 ports on the node, 2 in the service; write 8080:80, 127.0.0.1:8080:80/udp, 8000-8010:8000-8010, or a mapping with target and published")]
    [InlineData("ports: [{ published: 80 }]", ":13: error: services.web.ports[0]: the key 'target' is missing: which port of the service?")]
    [InlineData("ports: [{ target: 80, protocol: sctp }]", ":37: error: services.web.ports[0].protocol: expected one of tcp, udp, found 'sctp'")]
    [InlineData("expose: [80/sctp]", ":14: error: services.web.expose[0]: expected the protocol tcp or udp, found 'sctp'")]
    [InlineData("ports: 80", ":12: error: services.web.ports: expected a list, found 80")]
    [InlineData("prots: []", ":5: error: services.web: unknown key 'prots'; did you mean 'ports'?")]
    [InlineData("healthcheck: { intervall: 5s }", ":20: error: services.web.healthcheck: unknown key 'intervall'; did you mean 'interval'?")]
    [InlineData("healthcheck: { interval: 5 }", ":30: error: services.web.healthcheck.interval: expected a duration such as 1m30s, found '5'; write 5s for seconds")]
    [InlineData("healthcheck: { test: [a, b] }", ":26: error: services.web.healthcheck.test: a list begins with NONE, CMD or CMD-SHELL, found 'a'; write [\"CMD\", \"a\", ...], or a string for the shell")]
    [InlineData("mem_limit: 5q", ":16: error: services.web.mem_limit: expected a size such as 512m, found '5q'")]
    [InlineData("cpus: many", ":11: error: services.web.cpus: expected a number of cores such as 0.5, found 'many'")]
    [InlineData("restart: sometimes", ":14: error: services.web.restart: expected no, always, on-failure, on-failure:TIMES or unless-stopped, found 'sometimes'")]
    [InlineData("restart: on-failure:x", ":14: error: services.web.restart: expected no, always, on-failure, on-failure:TIMES or unless-stopped, found 'on-failure:x'; did you mean 'on-failure'?")]
    [InlineData("tty: maybe", ":10: error: services.web.tty: expected true or false, found 'maybe'")]
    [InlineData("command: echo 'open", ":14: error: services.web.command: a quote is not closed, or a backslash ends the text; write a list instead: [\"program\", \"argument\"]")]
    [InlineData("volumes: [\"data:/d\"]", ":15: error: services.web.volumes[0]: there is no volume 'data' under the top-level 'volumes'; declare it there, or write ./ before a folder")]
    [InlineData("volumes: [\"./a:b\"]", ":15: error: services.web.volumes[0]: expected an absolute path in the machine, found 'b'")]
    [InlineData("volumes: [\"./a:/b:rx\"]", ":15: error: services.web.volumes[0]: unknown option 'rx' of a volume; did you mean 'ro'?")]
    [InlineData("volumes: [{ type: npipe, source: a, target: /b }]", ":23: error: services.web.volumes[0].type: mounts of type npipe are not supported; use bind, volume or tmpfs")]
    [InlineData("networks: [front]", ":16: error: services.web.networks: there is no network 'front' under the top-level 'networks'; declare it there")]
    [InlineData("network_mode: host", ":19: error: services.web.network_mode: 'host' is refused: a machine has an address of its own and never the node's; publish its ports under 'ports'")]
    [InlineData("network_mode: service:db", ":19: error: services.web.network_mode: 'service:db' is refused: machines do not share a network with one another; give both services the same 'networks' and let them connect by name")]
    [InlineData("privileged: true", ":5: error: services.web: 'privileged' is refused: a machine never gets the node's own rights: name what the program needs under cap_add and devices")]
    [InlineData("use_api_socket: true", ":5: error: services.web: 'use_api_socket' is refused: machines never reach the node's own interface")]
    [InlineData("provider: { type: x }", ":5: error: services.web: 'provider' is refused: services run by other programs are not supported")]
    [InlineData("secrets: [key]", ":15: error: services.web.secrets[0]: there is no secret 'key' under the top-level 'secrets'")]
    [InlineData("build: https://example.test/x.git", ":12: error: services.web.build.context: expected a folder of the node, found 'https://example.test/x.git'; fetch it first and name the folder")]
    [InlineData("ulimits: { nofile: { soft: 5, hard: 2 } }", ":16: error: services.web.ulimits.nofile: the soft limit 5 is above the hard limit 2")]
    [InlineData("stop_signal: SIGITN", ":18: error: services.web.stop_signal: expected a signal such as SIGINT or a number from 1 to 64, found 'SIGITN'; did you mean 'SIGINT'?")]
    [InlineData("extra_hosts: [\"a:b\"]", ":19: error: services.web.extra_hosts[0]: expected NAME=ADDRESS with an IP address or host-gateway")]
    [InlineData("environment: [{ A: b }]", ":19: error: services.web.environment[0]: expected a string, found a mapping")]
    [InlineData("environment: { A: [b] }", ":23: error: services.web.environment.A: expected a string, a number or true or false, found a list")]
    [InlineData("x-figment: { strat: eager }", ":18: error: services.web.x-figment: unknown key 'strat'; did you mean 'start'?")]
    [InlineData("x-figment: { start: lazy }", ":25: error: services.web.x-figment.start: expected one of on-demand, eager, found 'lazy'")]
    [InlineData("x-figment: { packages: [\"; rm\"] }", ":29: error: services.web.x-figment.packages[0]: expected the name of a Debian package, found '; rm'")]
    [InlineData("x-figment: { idle: 5m }", ":24: error: services.web.x-figment.idle: expected a mapping, found '5m'")]
    [InlineData("x-figment: { idle: { freeze-after: 0 } }", ":40: error: services.web.x-figment.idle.freeze-after: expected at least 100ms, found '0'; write never if it is not to be frozen")]
    [InlineData("x-figment: { idle: { freeze-after: 99ms } }", ":40: error: services.web.x-figment.idle.freeze-after: expected at least 100ms, found '99ms'; write never if it is not to be frozen")]
    [InlineData("x-figment: { idle: { freeze-after: -5s } }", ":40: error: services.web.x-figment.idle.freeze-after: expected a duration such as 1m30s, found '-5s'")]
    [InlineData("x-figment: { idle: { hibernate-after: 0s } }", ":43: error: services.web.x-figment.idle.hibernate-after: expected at least 100ms, found '0s'; write never if it is not to be put on storage")]
    [InlineData("x-figment: { idle: { reclaim-after: -1s } }", ":41: error: services.web.x-figment.idle.reclaim-after: expected a duration such as 1m30s, found '-1s'")]
    [InlineData("x-figment: { idle: { ignore: heartbeats } }", ":34: error: services.web.x-figment.idle.ignore: expected one of heartbeat, nothing, found 'heartbeats'; did you mean 'heartbeat'?")]
    [InlineData("x-figment: { elastic: {} }", ":27: error: services.web.x-figment.elastic: the key 'max' is missing: how many machines may there be?")]
    [InlineData("x-figment: { elastic: { max: 65 } }", ":34: error: services.web.x-figment.elastic.max: expected a number from 1 to 64, found '65'")]
    [InlineData("x-figment: { elastic: { max: 2, min: 3 } }", ":42: error: services.web.x-figment.elastic.min: min is 3 but max is 2; raise max, or lower min")]
    [InlineData("x-figment: { elastic: { max: 2, target: { latency: 5 } } }", ":47: error: services.web.x-figment.elastic.target: unknown key 'latency'")]
    [InlineData("x-figment: { elastic: { max: 2, target: { processor: 0 } } }", ":58: error: services.web.x-figment.elastic.target.processor: expected a share from 1% to 100%, found '0'")]
    [InlineData("x-figment: { elastic: { max: 2, scale-in-after: -1s } }", ":53: error: services.web.x-figment.elastic.scale-in-after: expected a duration such as 1m30s, found '-1s'")]
    [InlineData("scale: 3\nx-figment: { elastic: { max: 2 } }", ":12: error: services.web.x-figment.elastic: the number of machines is fixed to 3 but elastic.max is 2; leave one of them out")]
    [InlineData("depends_on: { web: { condition: healthy } }", ":37: error: services.web.depends_on.web.condition: expected one of service_started, service_healthy, service_completed_successfully, found 'healthy'")]
    [InlineData("configs: [{ target: /a }]", ":15: error: services.web.configs[0]: the key 'source' is missing: which one is meant?")]
    [InlineData("pull_policy: sometimes", ":18: error: services.web.pull_policy: expected one of always, missing, if_not_present, never, build, found 'sometimes'")]
    public void A_wrong_value_is_said_with_its_place_and_what_to_do(string keys, string expected) =>
        Assert.Contains("compose.yaml:4" + expected, WebDiagnostics(keys));

    [Fact]
    public void Two_keys_that_disagree_are_said()
    {
        Assert.Equal(["compose.yaml:4:12: error: services.web.scale: 'scale' is 2 but 'deploy.replicas' is 3; leave one of them out"], WebDiagnostics("scale: 2\ndeploy: { replicas: 3 }"));
        Assert.Equal(["compose.yaml:4:11: error: services.web.cpus: 'cpus' and 'deploy.resources.limits.cpus' differ; leave one of them out"], WebDiagnostics("cpus: 2\ndeploy: { resources: { limits: { cpus: 3 } } }"));
        Assert.Equal(["compose.yaml:4:21: error: services.web.container_name: 2 machines cannot have one name; leave it out, or let the service have one machine"], WebDiagnostics("container_name: one\nscale: 2"));
        Assert.Equal(["compose.yaml:4:19: error: services.web.network_mode: a service has either 'network_mode' or 'networks'; leave one of them out"], WebDiagnostics("network_mode: none\nnetworks: [default]"));
    }

    [Fact]
    public void When_a_machine_is_idle_is_said_by_the_service_over_the_application_and_comes_out_as_it_went_in()
    {
        Assert.Equal(new IdleSpec { FreezeAfterMs = 10_000 }, Web("tty: no").Figment.Idle);
        Assert.Equal(new IdleSpec { FreezeAfterMs = 60_000, IgnoreHeartbeat = true }, Web("x-figment: { idle: { ignore: heartbeat } }").Figment.Idle);
        Assert.Equal(new IdleSpec { FreezeAfterMs = 5_000, IgnoreHeartbeat = true }, Web("x-figment: { idle: { ignore: heartbeat, freeze-after: 5s } }").Figment.Idle);
        const string File = "x-figment: { idle: { freeze-after: 2m, reclaim-after: 5m, hibernate-after: 1h, ignore: heartbeat } }\nservices: { web: { image: i, x-figment: { idle: { freeze-after: never } } }, db: { image: i, x-figment: { idle: { ignore: nothing } } } }";
        var spec = Clean(File);
        Assert.Equal(new IdleSpec { FreezeAfterMs = 0, ReclaimAfterMs = 300_000, HibernateAfterMs = 3_600_000, IgnoreHeartbeat = true }, spec.Services.Single(service => service.Name == "web").Figment.Idle);
        Assert.Equal(new IdleSpec { FreezeAfterMs = 120_000, ReclaimAfterMs = 300_000, HibernateAfterMs = 3_600_000 }, spec.Services.Single(service => service.Name == "db").Figment.Idle);
        Assert.Equal(spec.Services.Select(service => service.Figment), Clean(ComposeLoader.Render(spec)).Services.Select(service => service.Figment));
    }

    [Fact]
    public void An_elastic_service_has_as_many_machines_as_it_may_and_comes_out_as_it_went_in()
    {
        var spec = Clean("x-figment: { elastic: { max: 3 } }\nservices: { web: { image: i, x-figment: { elastic: { min: 1, max: 12, target: { connections: 8, memory: 80% }, release-after: 5m } } }, db: { image: i } }");
        var web = spec.Services.Single(service => service.Name == "web");
        Assert.Equal((12, new ElasticSpec { Min = 1, Max = 12, ConnectionsTarget = 8, MemoryPercentTarget = 80, ReleaseAfterMs = 300_000 }), (web.Replicas, web.Figment.Elastic));
        Assert.Equal(new ElasticSpec { Max = 3, ProcessorPercentTarget = 70 }, spec.Services.Single(service => service.Name == "db").Figment.Elastic);
        Assert.Equal(spec.Services.Select(service => (service.Replicas, service.Figment.Elastic)), Clean(ComposeLoader.Render(spec)).Services.Select(service => (service.Replicas, service.Figment.Elastic)));
    }

    [Fact]
    public void Two_services_cannot_have_one_container_name() =>
        Assert.Equal(
            ["compose.yaml:3:36: error: services.b.container_name: the service 'a' has the name 'same' already"],
            Lines(Load("services:\n  a: { image: i, container_name: same }\n  b: { image: i, container_name:   same }")));

    [Fact]
    public void A_service_with_nothing_to_run_is_an_error_that_names_all_three_ways()
    {
        string expected = "error: services.web: the service has nothing to run: neither 'image' nor 'build' nor 'x-figment: {root: host}'; add one of them";
        Assert.Equal(["compose.yaml:2:8: " + expected], Lines(Load("services:\n  web: {}")));
        Assert.Equal(["compose.yaml:2:7: " + expected], Lines(Load("services:\n  web:")));
        Assert.Equal(RootKind.Host, Clean("services: { web: { x-figment: { root: host } } }").Services[0].Figment.Root);
        Assert.Equal(RootKind.Host, Clean("x-figment: { root: host }\nservices: { web: { command: nginx } }").Services[0].Figment.Root);
    }

    [Theory]
    [InlineData("a b  c", new[] { "a", "b", "c" })]
    [InlineData("a 'b c' \"d 'e'\"", new[] { "a", "b c", "d 'e'" })]
    [InlineData("a\\ b \"\\$x \\\\ \\n\"", new[] { "a b", "$x \\ \\n" })]
    [InlineData("'' \"\"", new[] { "", "" })]
    [InlineData("a'b'c; d|e", new[] { "abc;", "d|e" })]
    public void A_command_is_split_as_a_shell_does(string text, string[] expected) =>
        Assert.Equal(expected, Reading.ShellWords.Split(text));

    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("1us", 1)]
    [InlineData("2d", 172_800_000)]
    [InlineData("10", null)]
    [InlineData("", null)]
    [InlineData("s", null)]
    [InlineData("-1s", null)]
    [InlineData("1m 30s", null)]
    [InlineData("99999999h", null)]
    public void Durations(string text, int? expected) => Assert.Equal(expected, Reading.Values.DurationMs(text));

    [Theory]
    [InlineData("512m", 536_870_912L)]
    [InlineData("1gb", 1_073_741_824L)]
    [InlineData("1.5g", 1_610_612_736L)]
    [InlineData("64 KiB", 65_536L)]
    [InlineData("10b", 10L)]
    [InlineData("0", 0L)]
    [InlineData("1.2.3", null)]
    [InlineData("-5", null)]
    [InlineData("9999999p", null)]
    [InlineData("m", null)]
    public void Sizes(string text, long? expected) => Assert.Equal(expected, Model.Specs.ByteSize.Parse(text));

    [Theory]
    [InlineData("0440", false, 288)]
    [InlineData("440", true, 288)]
    [InlineData("288", false, 288)]
    [InlineData("0o440", false, 288)]
    [InlineData("0999", false, null)]
    [InlineData("77777", true, null)]
    public void File_modes(string text, bool quoted, int? expected) => Assert.Equal(expected, Reading.Values.Mode(text, quoted));

    [Fact]
    public void Networks_are_implied_checked_and_addressed()
    {
        Assert.Equal(["default"], Web("tty: no").Networks.Select(network => network.Network));
        Assert.Empty(Web("network_mode: none").Networks);
        Assert.Equal(["default"], Web("network_mode: bridge").Networks.Select(network => network.Network));
        Assert.Equal(["compose.yaml:4:38: error: services.web.networks.n.ipv4_address: the network 'n' has no subnet that holds 10.0.0.5; give it one under networks: ipam: config: subnet"], WebDiagnostics("networks: { n: { ipv4_address:   10.0.0.5 } }", "networks: { n: {} }"));
        Assert.Equal(["compose.yaml:6:46: error: networks.n.ipam.config[0].subnet: expected a network such as 172.28.0.0/24 with no bits beyond its prefix, found '10.0.0.1/8'"], WebDiagnostics("networks: [n]\n", "networks: { n: { ipam: { config: [ { subnet: 10.0.0.1/8 } ] } } }"));
    }

    [Fact]
    public void Configs_and_secrets_have_one_source()
    {
        Assert.Equal(["compose.yaml:5:17: error: configs.c: a config has exactly one of file, environment, content and external; leave all but one out"], WebDiagnostics("configs: [c]", "configs:   { c: { file: a, content: b } }"));
        Assert.Equal(["compose.yaml:5:33: error: secrets.s.environment: the variable 'NOPE' that holds the secret is not set"], WebDiagnostics("secrets: [s]", "secrets: { s: { environment:    NOPE } }"));
        Assert.Equal(["compose.yaml:5:17: error: secrets.s: unknown key 'content'"], WebDiagnostics("secrets: [s]", "secrets: { s: { content: x } }"));
    }

    [Fact]
    public void An_empty_file_name_is_no_source() =>
        Assert.Equal(["compose.yaml:5:15: error: secrets.s: a secret has exactly one of file, environment and external; add one of them"], WebDiagnostics("secrets: [s]", "secrets: { s: { file: \"\" } }"));

    [Fact]
    public void A_control_character_in_a_key_reaches_no_terminal() =>
        Assert.Equal(["compose.yaml:4:29: error: services.web.ulimits.a?b: expected a number of at least -1, found 'x'"], WebDiagnostics("ulimits: {      \"a\\eb\": x }"));

    [Fact]
    public void The_text_of_a_secret_is_in_no_message_and_no_rendering()
    {
        ComposeResult result = Load("services: { web: { image: a, secrets: [s] } }\nsecrets: { s: { environment: TOKEN } }", Caller(("TOKEN", "hush-hush")));
        Assert.Equal("hush-hush", result.Application!.Secrets.Single().Content);
        Assert.DoesNotContain("hush", ComposeLoader.Render(result.Application), StringComparison.Ordinal);
    }

    [Fact]
    public void A_health_check_has_Docker_s_defaults_and_may_be_off()
    {
        HealthCheckSpec check = Web("healthcheck: { test: curl x }").HealthCheck!;
        Assert.Equal((true, 30_000L, 30_000L, 3, 0L, 5_000L), (check.Shell, check.IntervalMs, check.TimeoutMs, check.Retries, check.StartPeriodMs, check.StartIntervalMs));
        Assert.True(Web("healthcheck: { disable: true }").HealthCheck!.Disable);
        Assert.True(Web("healthcheck: { test: [NONE] }").HealthCheck!.Disable);
        Assert.Null(Web("tty: no").HealthCheck);
    }

    [Fact]
    public void What_is_not_acted_on_follows_the_mode()
    {
        const string Keys = "links: [web]\nx-figment: { cores: fast }";
        string[] warned = WebDiagnostics(Keys);
        Assert.Equal(
            [
                "compose.yaml:4:5: warning: services.web: 'links' is ignored: services of one network reach each other by name without it",
                "compose.yaml:5:18: warning: services.web.x-figment: 'cores' is ignored: cores are the kernel's affair in this version",
            ],
            warned);
        Assert.Equal(
            warned.Select(line => line.Replace("warning", "error", StringComparison.Ordinal).Replace("is ignored", "would be ignored", StringComparison.Ordinal)),
            WebDiagnostics(Keys, "", new ComposeOptions { Compatibility = CompatibilityMode.Strict }));
        Assert.Empty(WebDiagnostics(Keys, "", new ComposeOptions { Compatibility = CompatibilityMode.Loose }));
    }

    [Fact]
    public void Machines_begin_from_their_image_or_a_snapshot()
    {
        Assert.Equal((false, 0), (Web("tty: no").Figment.FromSnapshot, Web("tty: no").Figment.AfterRestore.Count));
        Assert.False(Web("x-figment: { from: image }").Figment.FromSnapshot);
        FigmentSpec warm = Web("x-figment: { from: snapshot, after-restore: [{ command: [renew, keys], user: web, environment: { A: b } }] }").Figment;
        Assert.True(warm.FromSnapshot);
        HookSpec hook = Assert.Single(warm.AfterRestore);
        Assert.Equal(("renew keys", "web", "b"), (string.Join(' ', hook.Command), hook.User, Assert.Single(hook.Environment).Value));
        Assert.Equal(["compose.yaml:4:24: error: services.web.x-figment.from: expected one of image, snapshot, found 'disk'"], WebDiagnostics("x-figment: { from: disk }"));
        Assert.Equal(
            ["compose.yaml:4:24: error: services.web.x-figment.from: a snapshot is taken when a machine has come to rest, and idle.freeze-after: never says that it never has; give it a time, or from: image"],
            WebDiagnostics("x-figment: { from: snapshot, idle: { freeze-after: never } }"));
        Assert.Equal(["compose.yaml:4:51: error: services.web.x-figment.after-restore[0]: the key 'command' is missing"], WebDiagnostics("x-figment: { from: snapshot, after-restore: [ { user: web }] }"));
    }

    [Fact]
    public void Only_what_takes_part_is_refused() =>
        Assert.Empty(WebDiagnostics("tty: no", "  off: { image: x, privileged: true, profiles: [p] }"));
}
