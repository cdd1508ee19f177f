using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>One service of the merged document.</summary>
internal sealed class ServiceReader(ReadScope scope, string name, Section service)
{
    private static readonly string[] PullPolicies = ["always", "missing", "if_not_present", "never", "build"];

    /// <param name="active">Services that take part: dependencies on others are left out.</param>
    public ServiceSpec Read(IReadOnlySet<string> active)
    {
        var environment = new EnvironmentReader(scope, service);
        FigmentSpec figment = FigmentReader.Read(scope.TopLevel("x-figment"), service.Child("x-figment"), environment);
        BuildSpec? build = service.Child("build") is { } section ? BuildReader.Read(scope, section) : null;
        CheckRoot(figment);
        var deploy = new DeployReader(service);
        var networks = new ServiceNetworkReader(scope, service);
        NetworkMode mode = networks.Mode();
        var spec = new ServiceSpec
        {
            Name = name,
            Image = service.Text("image"),
            Build = build,
            Entrypoint = service.Command("entrypoint"),
            Command = service.Command("command"),
            Environment = environment.Read(),
            WorkingDir = service.Text("working_dir"),
            User = service.Text("user"),
            Hostname = HostName("hostname"),
            DomainName = HostName("domainname"),
            Ports = PortReader.Ports(service),
            Expose = PortReader.Exposed(service),
            NetworkMode = mode,
            Networks = mode == NetworkMode.None ? [] : networks.Read(),
            Mounts = new MountReader(scope, service).Read(),
            Configs = FileMountReader.Read(scope, service, "configs", string.Empty),
            Secrets = FileMountReader.Read(scope, service, "secrets", "/run/secrets"),
            DependsOn = Dependencies(active),
            HealthCheck = HealthCheckReader.Read(service),
            Restart = deploy.Restart(),
            Replicas = deploy.Replicas(figment.Elastic),
            Resources = deploy.Resources(),
            Ulimits = Ulimits(),
            Labels = environment.Labels(),
            Figment = figment,
        };
        return CheckContainerName(WithSettings(spec, environment));
    }

    private ServiceSpec WithSettings(ServiceSpec spec, EnvironmentReader environment) => spec with
    {
        ContainerName = service.Text("container_name"),
        ExtraHosts = ExtraHosts(),
        Dns = DnsServers(),
        DnsSearch = service.Texts("dns_search"),
        DnsOptions = service.Texts("dns_opt"),
        Sysctls = service.Pairs("sysctls"),
        Annotations = service.Pairs("annotations"),
        Init = service.Flag("init") ?? false,
        StopSignal = StopSignal(),
        StopGracePeriodMs = service.DurationMs("stop_grace_period"),
        ReadOnly = service.Flag("read_only") ?? false,
        Tty = service.Flag("tty") ?? false,
        StdinOpen = service.Flag("stdin_open") ?? false,
        CapAdd = service.Texts("cap_add"),
        CapDrop = service.Texts("cap_drop"),
        GroupAdd = service.Texts("group_add"),
        Platform = service.Text("platform"),
        PullPolicy = Pull(),
        Logging = LoggingReader.Read(service),
        PostStart = HookReader.Read(service, "post_start", environment),
        PreStop = HookReader.Read(service, "pre_stop", environment),
        Devices = [.. service.Items("devices").Select(item => Device(item.Node, item.Path))],
    };

    private void CheckRoot(FigmentSpec figment)
    {
        if (service.Text("image") is null && !service.Has("build") && figment.Root != RootKind.Host)
        {
            service.Sink.Error(service.Mapping.Place, service.Path, "the service has nothing to run: neither 'image' nor 'build' nor 'x-figment: {root: host}'", "add one of them");
        }
    }

    private ServiceSpec CheckContainerName(ServiceSpec spec)
    {
        if (spec.ContainerName is not { } container)
        {
            return spec;
        }

        ScalarNode node = service.Scalar("container_name")!;
        bool valid = container.Length > 1 && char.IsAsciiLetterOrDigit(container[0]) && container.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-');
        if (!valid)
        {
            service.Error(node, "container_name", $"expected letters, digits, '_', '.' and '-', found {Quote.Text(container)}");
        }
        else if (spec.Replicas > 1)
        {
            service.Error(node, "container_name", $"{spec.Replicas} machines cannot have one name", "leave it out, or let the service have one machine");
        }

        return spec;
    }

    private string? HostName(string key)
    {
        if (service.Text(key) is not { } text)
        {
            return null;
        }

        // RFC 1123, with the underscore that Compose's own service names have. 253 is the longest name of DNS.
        bool valid = text.Length <= 253 && text.Split('.').All(label => label.Length is > 0 and <= 63 && label.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'));
        if (!valid)
        {
            service.Error(service.Scalar(key)!, key, $"expected a host name, found {Quote.Text(text)}");
        }

        return text;
    }

    private List<DependencySpec> Dependencies(IReadOnlySet<string> active)
    {
        List<DependencySpec> dependencies = [];
        foreach ((MappingEntry entry, Section dependency) in service.Children("depends_on"))
        {
            DependencyCondition? condition = dependency.Choice(
                "condition",
                ("service_started", DependencyCondition.Started),
                ("service_healthy", DependencyCondition.Healthy),
                ("service_completed_successfully", DependencyCondition.CompletedSuccessfully));
            var spec = new DependencySpec
            {
                Service = entry.Key,
                Condition = condition ?? DependencyCondition.Started,
                Restart = dependency.Flag("restart") ?? false,
                Required = dependency.Flag("required") ?? true,
            };
            if (active.Contains(entry.Key))
            {
                dependencies.Add(spec);
            }
        }

        return dependencies;
    }

    private List<UlimitSpec> Ulimits()
    {
        List<UlimitSpec> limits = [];
        foreach ((MappingEntry entry, Section limit) in service.Children("ulimits"))
        {
            long? soft;
            long? hard;
            if (entry.Value is ScalarNode scalar)
            {
                soft = hard = limit.Integer(scalar, limit.Path, -1, long.MaxValue);
            }
            else
            {
                soft = limit.Integer("soft", -1, long.MaxValue);
                hard = limit.Integer("hard", -1, long.MaxValue);
                if (limit.Scalar("soft") is null || limit.Scalar("hard") is null)
                {
                    service.Sink.Error(entry.KeyPlace, limit.Path, "a limit has 'soft' and 'hard', or is one number for both");
                }
            }

            if (soft is { } low && hard is { } high)
            {
                if (high >= 0 && (low < 0 || low > high))
                {
                    service.Sink.Error(entry.KeyPlace, limit.Path, $"the soft limit {low} is above the hard limit {high}");
                }

                limits.Add(new UlimitSpec { Name = entry.Key, Soft = low, Hard = high });
            }
        }

        return limits;
    }

    private List<KeyValuePair<string, string>> ExtraHosts()
    {
        List<KeyValuePair<string, string>> hosts = [];
        foreach ((Node node, string path) in service.Items("extra_hosts"))
        {
            string[] pair = ((ScalarNode)node).Text.Split('=', 2);
            string address = pair.Length == 2 ? pair[1].Trim('[', ']') : string.Empty;
            if (pair[0].Length > 0 && (address == "host-gateway" || Addresses.IsValid(address)))
            {
                hosts.Add(KeyValuePair.Create(pair[0], address));
            }
            else
            {
                service.Sink.Error(node.Place, path, "expected NAME=ADDRESS with an IP address or host-gateway");
            }
        }

        return hosts;
    }

    private List<string> DnsServers()
    {
        List<string> servers = [];
        foreach ((Node node, string path) in service.Items("dns"))
        {
            string text = ((ScalarNode)node).Text;
            if (Addresses.IsValid(text))
            {
                servers.Add(text);
            }
            else
            {
                service.Sink.Error(node.Place, path, $"expected an IP address, found {Quote.Text(text)}");
            }
        }

        return servers;
    }

    private string? StopSignal()
    {
        if (service.Text("stop_signal") is not { } text)
        {
            return null;
        }

        if (ProcessSignal.Parse(text) is null)
        {
            service.Error(service.Scalar("stop_signal")!, "stop_signal", $"expected a signal such as SIGINT or a number from 1 to 64, found {Quote.Text(text)}", Suggestion.For(text, ProcessSignal.All));
        }

        return text;
    }

    private PullPolicy Pull()
    {
        string? text = service.Text("pull_policy");
        if (text is not null && !PullPolicies.Contains(text))
        {
            ScalarNode node = service.Scalar("pull_policy")!;
            if (text is "daily" or "weekly" or "refresh" || text.StartsWith("every_", StringComparison.Ordinal))
            {
                service.Unsupported(node, "pull_policy", $"{Quote.Text(text)} is treated as missing: images are not pulled by age");
            }
            else
            {
                service.Error(node, "pull_policy", $"expected one of {string.Join(", ", PullPolicies)}, found {Quote.Text(text)}", Suggestion.For(text, PullPolicies));
            }
        }

        return text switch
        {
            "always" => PullPolicy.Always,
            "never" => PullPolicy.Never,
            "build" => PullPolicy.Build,
            _ => PullPolicy.Missing,
        };
    }

    private string Device(Node node, string path)
    {
        if (node is ScalarNode scalar)
        {
            return scalar.Text;
        }

        var device = new Section((MappingNode)node, path, service.Sink);
        IEnumerable<string?> parts = [device.Text("source"), device.Text("target"), device.Text("permissions")];
        return string.Join(':', parts.Where(part => part is not null));
    }
}
