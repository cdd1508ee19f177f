using System.Globalization;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Rendering;

/// <summary>One service of the canonical file.</summary>
internal static class ServiceRenderer
{
    public static MappingBuilder Render(ServiceSpec service) => new MappingBuilder()
        .Add("image", service.Image)
        .Add("build", service.Build is null ? null : Build(service.Build))
        .AddCommand("entrypoint", service.Entrypoint)
        .AddCommand("command", service.Command)
        .AddVariables("environment", service.Environment)
        .Add("working_dir", service.WorkingDir)
        .Add("user", service.User)
        .Add("hostname", service.Hostname)
        .Add("domainname", service.DomainName)
        .Add("container_name", service.ContainerName)
        .AddList("ports", service.Ports.Select(Port))
        .AddTexts("expose", service.Expose.Select(port => port.ToString()))
        .Add("network_mode", service.NetworkMode == NetworkMode.None ? "none" : null)
        .AddMapping("networks", Networks(service))
        .AddTexts("extra_hosts", service.ExtraHosts.Select(host => $"{host.Key}={host.Value}"))
        .AddTexts("dns", service.Dns)
        .AddTexts("dns_search", service.DnsSearch)
        .AddTexts("dns_opt", service.DnsOptions)
        .AddList("volumes", service.Mounts.Select(Mount))
        .AddList("configs", service.Configs.Select(FileMount))
        .AddList("secrets", service.Secrets.Select(FileMount))
        .AddMapping("depends_on", Dependencies(service))
        .Add("healthcheck", service.HealthCheck is null ? null : HealthCheck(service.HealthCheck))
        .Add("restart", service.Restart.Policy == RestartPolicy.UnlessStopped ? "unless-stopped" : null)
        .AddMapping("deploy", Deploy(service))
        .Add("mem_reservation", service.Resources.MemoryReservedBytes)
        .Add("memswap_limit", service.Resources.MemorySwapBytes)
        .Add("shm_size", service.Resources.ShmSizeBytes)
        .AddMapping("ulimits", Ulimits(service))
        .AddPairs("sysctls", service.Sysctls)
        .AddPairs("labels", service.Labels)
        .AddPairs("annotations", service.Annotations)
        .AddIf("init", service.Init)
        .Add("stop_signal", service.StopSignal)
        .Add("stop_grace_period", service.StopGracePeriodMs is { } grace ? MappingBuilder.Duration(grace) : null)
        .AddIf("read_only", service.ReadOnly)
        .AddIf("tty", service.Tty)
        .AddIf("stdin_open", service.StdinOpen)
        .AddTexts("cap_add", service.CapAdd)
        .AddTexts("cap_drop", service.CapDrop)
        .AddTexts("group_add", service.GroupAdd)
        .Add("platform", service.Platform)
        .Add("pull_policy", service.PullPolicy == PullPolicy.Missing ? null : service.PullPolicy.ToString().ToLowerInvariant())
        .AddMapping("logging", Logging(service.Logging))
        .AddList("post_start", service.PostStart.Select(Hook))
        .AddList("pre_stop", service.PreStop.Select(Hook))
        .AddTexts("devices", service.Devices)
        .AddMapping("x-figment", Figment(service.Figment));

    private static MappingBuilder AddCommand(this MappingBuilder builder, string key, IReadOnlyList<string>? command) =>
        builder.Add(key, command is null ? null : new SequenceNode(Place.None, [.. command.Select(MappingBuilder.Text)]));

    private static MappingNode Build(BuildSpec build) => new MappingBuilder()
        .Add("context", build.Context)
        .Add("dockerfile", build.Dockerfile)
        .Add("dockerfile_inline", build.DockerfileInline)
        .Add("target", build.Target)
        .AddVariables("args", build.Args)
        .AddTexts("tags", build.Tags)
        .Build();

    private static MappingNode Port(PublishedPortSpec port)
    {
        string? published = port.Published == 0 ? null
            : port.PublishedEnd == port.Published ? port.Published.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{port.Published}-{port.PublishedEnd}");
        return new MappingBuilder()
            .Add("target", (long)port.Target)
            .Add("published", published)
            .Add("host_ip", port.HostIp)
            .Add("protocol", port.Protocol == TransportProtocol.Udp ? "udp" : "tcp")
            .Build();
    }

    private static MappingBuilder Networks(ServiceSpec service)
    {
        var networks = new MappingBuilder();
        foreach (ServiceNetworkSpec network in service.Networks)
        {
            MappingBuilder place = new MappingBuilder()
                .AddTexts("aliases", network.Aliases)
                .Add("ipv4_address", network.Ipv4Address)
                .Add("ipv6_address", network.Ipv6Address)
                .Add("mac_address", network.MacAddress)
                .Add("priority", network.Priority == 0 ? null : (long?)network.Priority);
            networks.Add(network.Network, place.Build());
        }

        return networks;
    }

    private static MappingNode Mount(MountSpec mount)
    {
        MappingBuilder bind = new MappingBuilder()
            .Add("create_host_path", mount.Kind == MountKind.Bind && !mount.CreateHostPath ? MappingBuilder.Flag(false) : null)
            .Add("propagation", mount.Propagation);
        return new MappingBuilder()
            .Add("type", mount.Kind.ToString().ToLowerInvariant())
            .Add("source", mount.Source)
            .Add("target", mount.Target)
            .AddIf("read_only", mount.ReadOnly)
            .AddMapping("bind", bind)
            .AddMapping("volume", new MappingBuilder().AddIf("nocopy", mount.NoCopy).Add("subpath", mount.Subpath))
            .AddMapping("tmpfs", new MappingBuilder().Add("size", mount.SizeBytes == 0 ? null : mount.SizeBytes).Add("mode", mount.Mode is { } mode ? MappingBuilder.Mode(mode) : null))
            .Build();
    }

    private static MappingNode FileMount(FileMountSpec file) => new MappingBuilder()
        .Add("source", file.Source)
        .Add("target", file.Target)
        .Add("uid", file.Uid)
        .Add("gid", file.Gid)
        .Add("mode", file.Mode is { } mode ? MappingBuilder.Mode(mode) : null)
        .Build();

    private static MappingBuilder Dependencies(ServiceSpec service)
    {
        var dependencies = new MappingBuilder();
        foreach (DependencySpec dependency in service.DependsOn)
        {
            string condition = dependency.Condition switch
            {
                DependencyCondition.Healthy => "service_healthy",
                DependencyCondition.CompletedSuccessfully => "service_completed_successfully",
                _ => "service_started",
            };
            MappingBuilder one = new MappingBuilder()
                .Add("condition", condition)
                .AddIf("restart", dependency.Restart)
                .Add("required", dependency.Required ? null : MappingBuilder.Flag(false));
            dependencies.Add(dependency.Service, one.Build());
        }

        return dependencies;
    }

    private static MappingNode HealthCheck(HealthCheckSpec check)
    {
        if (check.Disable)
        {
            return new MappingBuilder().AddIf("disable", true).Build();
        }

        string[] kind = check.Test.Count == 0 ? [] : [check.Shell ? "CMD-SHELL" : "CMD"];
        return new MappingBuilder()
            .AddTexts("test", kind.Concat(check.Test))
            .Add("interval", MappingBuilder.Duration(check.IntervalMs))
            .Add("timeout", MappingBuilder.Duration(check.TimeoutMs))
            .Add("retries", (long)check.Retries)
            .Add("start_period", MappingBuilder.Duration(check.StartPeriodMs))
            .Add("start_interval", MappingBuilder.Duration(check.StartIntervalMs))
            .Build();
    }

    private static MappingBuilder Deploy(ServiceSpec service)
    {
        ResourceSpec resources = service.Resources;
        MappingBuilder limits = new MappingBuilder().Add("cpus", resources.Cpus).Add("memory", resources.MemoryBytes).Add("pids", resources.PidsMax);
        MappingBuilder reservations = new MappingBuilder().Add("cpus", resources.CpusReserved);
        RestartSpec restart = service.Restart;
        MappingBuilder policy = new MappingBuilder();
        if (restart.Policy is not (RestartPolicy.No or RestartPolicy.UnlessStopped))
        {
            policy.Add("condition", restart.Policy == RestartPolicy.OnFailure ? "on-failure" : "any")
                .Add("max_attempts", restart.MaxAttempts == 0 ? null : (long?)restart.MaxAttempts)
                .Add("delay", restart.DelayMs == 0 ? null : MappingBuilder.Duration(restart.DelayMs))
                .Add("window", restart.WindowMs == 0 ? null : MappingBuilder.Duration(restart.WindowMs));
        }

        return new MappingBuilder()
            .Add("replicas", service.Replicas == 1 || service.Figment.Elastic is not null ? null : (long?)service.Replicas)
            .AddMapping("resources", new MappingBuilder().AddMapping("limits", limits).AddMapping("reservations", reservations))
            .AddMapping("restart_policy", policy);
    }

    private static MappingBuilder Ulimits(ServiceSpec service)
    {
        var limits = new MappingBuilder();
        foreach (UlimitSpec limit in service.Ulimits)
        {
            limits.Add(limit.Name, new MappingBuilder().Add("soft", (long?)limit.Soft).Add("hard", (long?)limit.Hard).Build());
        }

        return limits;
    }

    private static MappingBuilder Logging(LoggingSpec logging)
    {
        var defaults = new LoggingSpec();
        MappingBuilder options = new MappingBuilder()
            .Add("max-size", logging.MaxSizeBytes == defaults.MaxSizeBytes ? null : logging.MaxSizeBytes.ToString(CultureInfo.InvariantCulture))
            .Add("max-file", logging.MaxFiles == defaults.MaxFiles ? null : logging.MaxFiles.ToString(CultureInfo.InvariantCulture));
        return new MappingBuilder().Add("driver", logging.Enabled ? null : "none").AddMapping("options", options);
    }

    private static MappingNode Hook(HookSpec hook) => new MappingBuilder()
        .AddTexts("command", hook.Command)
        .Add("user", hook.User)
        .Add("working_dir", hook.WorkingDir)
        .AddVariables("environment", hook.Environment)
        .Build();

    private static MappingNode Elastic(ElasticSpec elastic)
    {
        var defaults = new ElasticSpec { Max = elastic.Max };
        return new MappingBuilder()
            .Add("min", elastic.Min == 0 ? null : (long?)elastic.Min)
            .Add("max", (long?)elastic.Max)
            .AddMapping("target", new MappingBuilder()
                .Add("connections", elastic.ConnectionsTarget == 0 ? null : (long?)elastic.ConnectionsTarget)
                .Add("processor", Percent(elastic.ProcessorPercentTarget))
                .Add("memory", Percent(elastic.MemoryPercentTarget)))
            .Add("scale-in-after", elastic.ScaleInAfterMs == defaults.ScaleInAfterMs ? null : MappingBuilder.Duration(elastic.ScaleInAfterMs))
            .Add("release-after", elastic.ReleaseAfterMs == defaults.ReleaseAfterMs ? null : MappingBuilder.Duration(elastic.ReleaseAfterMs))
            .Build();
    }

    private static string? Percent(int percent) => percent == 0 ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{percent}%");

    private static MappingBuilder Idle(IdleSpec idle)
    {
        string freezeAfter = idle.FreezeAfterMs == 0 ? "never" : MappingBuilder.Duration(idle.FreezeAfterMs);
        return new MappingBuilder()
            .Add("freeze-after", idle.FreezeAfterMs == IdleSpec.FreezeAfterMsDefault(idle.IgnoreHeartbeat) ? null : freezeAfter)
            .Add("reclaim-after", idle.ReclaimAfterMs == 0 ? null : MappingBuilder.Duration(idle.ReclaimAfterMs))
            .Add("hibernate-after", idle.HibernateAfterMs == 0 ? null : MappingBuilder.Duration(idle.HibernateAfterMs))
            .Add("ignore", idle.IgnoreHeartbeat ? "heartbeat" : null);
    }

    private static MappingBuilder Figment(FigmentSpec figment)
    {
        var defaults = new FigmentSpec();
        return new MappingBuilder()
            .Add("root", figment.Root == RootKind.Host ? "host" : null)
            .Add("start", figment.Start switch { StartMode.Eager => "eager", StartMode.OnDemand => "on-demand", _ => null })
            .Add("from", figment.FromSnapshot ? "snapshot" : null)
            .AddList("after-restore", figment.AfterRestore.Select(Hook))
            .Add("settle", figment.SettleMs == defaults.SettleMs ? null : MappingBuilder.Duration(figment.SettleMs))
            .Add("start-timeout", figment.StartTimeoutMs == defaults.StartTimeoutMs ? null : MappingBuilder.Duration(figment.StartTimeoutMs))
            .AddMapping("idle", Idle(figment.Idle))
            .Add("elastic", figment.Elastic is { } elastic ? Elastic(elastic) : null)
            .AddTexts("packages", figment.Packages);
    }
}
