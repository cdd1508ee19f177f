using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Addresses;
using Figment.Node.Images;

namespace Figment.Node.Planning;

/// <summary>Plans one machine after networks and addresses are chosen.</summary>
internal sealed class MachinePlanning(
    PlanInput input,
    IReadOnlyList<NetworkLaunch> networks,
    AddressPlanning addresses,
    PortPlanning ports,
    MountPlanning mounts,
    List<string> warnings)
{
    /// <summary>64 bits of SHA-256 tell two revisions of one machine apart.</summary>
    private const int RevisionDigits = 16;

    public MachineLaunch Plan(ServiceSpec service, string name, int number)
    {
        var image = ImageOf(service);
        string hostname = service.Hostname ?? service.ContainerName ?? name;
        var known = KnownPorts(service, image);
        var machine = new MachineLaunch
        {
            Name = name,
            Service = service.Name,
            Number = number,
            Revision = string.Empty,
            Hostname = hostname,
            DomainName = service.DomainName,
            Interfaces = Interfaces(service, name),
            Ports = known,
            Published = input.Placement is { } placement && placement.Home != input.Options.NodeName ? [] : ports.Of(service, name),
            Start = Start(service, known),
            SettleMs = service.Figment.SettleMs,
            StartTimeoutMs = service.Figment.StartTimeoutMs,
            Idle = service.Figment.Idle,
            Elastic = Elastic(service),
            DependsOn = [.. service.DependsOn.Where(dependency => Exists(service, dependency))],
            Restart = service.Restart,
            HealthCheck = HealthCheck(service, image),
            Program = ProgramPlanning.Plan(service, image, hostname),
            Root = new RootLaunch
            {
                LowerDirectories = image?.LayerDirectories ?? ["/"],
                OverlayDirectory = Path.Combine(input.Options.Places.ApplicationState(input.Spec.Name), "machines", name),
                ReadOnly = service.ReadOnly,
                Host = image is null,
            },
            Mounts = mounts.Of(service, image, name),
            ExtraHosts = ExtraHosts(service),
            ResolvConf = ResolvConf(service),
            Resources = service.Resources,
            Ulimits = service.Ulimits,
            Sysctls = service.Sysctls,
            Capabilities = Capabilities.Of(service.Name, service.CapAdd, service.CapDrop),
            Logging = service.Logging,
            PostStart = service.PostStart,
            PreStop = service.PreStop,
            FromSnapshot = service.Figment.FromSnapshot,
            AfterRestore = service.Figment.AfterRestore,
        };
        CheckSnapshots(machine);
        machine = machine with { Kind = Kind(machine, ProgramPlanning.Plan(service, image, hostname: "")) };
        return machine with { Revision = Revision(machine) };
    }

    /// <summary>What a program knows of a folder that outlives it is not true any more when it goes on from a snapshot once again.</summary>
    private void CheckSnapshots(MachineLaunch machine)
    {
        if (machine.FromSnapshot && machine.Mounts.FirstOrDefault(mount => mount is { Kind: not MountKind.Tmpfs, ReadOnly: false }) is { } mount)
        {
            throw PlanError.Of($"service {machine.Service}: its machines begin from a snapshot (x-figment: from), which does not hold what is in {mount.Target}, and that may be another by then", "mount it read-only, or as tmpfs, or write from: image");
        }

        if (machine is { FromSnapshot: true, AfterRestore.Count: 0 })
        {
            warnings.Add($"service {machine.Service}: its machines begin from one snapshot and draw the same random numbers where its program keeps their state in memory, as OpenSSL does, and Node with it (docs/migration.md, Warm start); x-figment.after-restore is there to tell it");
        }
    }

    private ImageFacts? ImageOf(ServiceSpec service)
    {
        if (service.Figment.Root == RootKind.Host)
        {
            return null;
        }

        return input.Images.TryGetValue(service.Name, out var image) ? image : throw PlanError.Of($"service {service.Name} has neither an image nor x-figment: root: host");
    }

    private IReadOnlyList<InterfaceLaunch> Interfaces(ServiceSpec service, string name)
    {
        if (service.NetworkMode == NetworkMode.None)
        {
            return [];
        }

        var faces = new List<InterfaceLaunch>();
        foreach (var place in service.Networks.OrderByDescending(place => place.Priority))
        {
            var network = networks.First(one => one.Name == place.Network);
            uint address = addresses.Of(place.Network, name);
            faces.Add(new InterfaceLaunch
            {
                Network = place.Network,
                Address = Ipv4Range.Text(address),
                Ipv6Address = Ipv6Address(service, place, network, address),
                MacAddress = place.MacAddress,
                Aliases = [.. place.Aliases.Concat(service.ContainerName is { } container ? [container] : []).Distinct()],
            });
        }

        return faces;
    }

    private static string? Ipv6Address(ServiceSpec service, ServiceNetworkSpec place, NetworkLaunch network, uint address)
    {
        if (network.Ipv6Subnet is null)
        {
            return place.Ipv6Address is null ? null : throw PlanError.Of($"service {service.Name}: ipv6_address needs enable_ipv6: true in network {network.Name}");
        }

        var range = IPNetwork.Parse(network.Ipv6Subnet);
        if (place.Ipv6Address is { } wanted)
        {
            return IPAddress.TryParse(wanted, out var parsed) && range.Contains(parsed)
                ? parsed.ToString()
                : throw PlanError.Of($"service {service.Name}: ipv6_address {wanted} is not in {range}, the IPv6 subnet of network {network.Name}");
        }

        return NetworkPlanning.Ipv6Host(range.BaseAddress, address - Ipv4Range.Parse(network.Subnet).First);
    }

    private static List<KnownPort> KnownPorts(ServiceSpec service, ImageFacts? image) =>
        [.. service.Ports.Select(port => new PortSpec(port.Target, port.Protocol))
            .Concat(service.Expose)
            .Concat(image?.ExposedPorts ?? [])
            .Distinct()
            .OrderBy(port => port.Port).ThenBy(port => port.Protocol)
            .Select(port => new KnownPort { Port = port.Port, Protocol = port.Protocol })];

    private StartMode Start(ServiceSpec service, List<KnownPort> known)
    {
        if (input.NoStart || service.Figment.Elastic is not null)
        {
            // How many of an elastic service start is its keeper's affair.
            return StartMode.OnDemand;
        }

        if (service.Figment.Start != StartMode.Unset)
        {
            return service.Figment.Start;
        }

        return known.Count == 0 || service.NetworkMode == NetworkMode.None ? StartMode.Eager : StartMode.OnDemand;
    }

    /// <summary>A user may have asked for fewer machines than the file has (<c>up --scale</c>); an eager service has one from the start.</summary>
    private static ElasticSpec? Elastic(ServiceSpec service) => service.Figment.Elastic is not { } elastic || service.Replicas == 0 ? null : elastic with
    {
        Max = service.Replicas,
        Min = Math.Min(service.Replicas, Math.Max(elastic.Min, service.Figment.Start == StartMode.Eager ? 1 : 0)),
    };

    private bool Exists(ServiceSpec service, DependencySpec dependency)
    {
        if (input.Previous is not null && input.Previous.Machines.Any(machine => machine.Service == dependency.Service))
        {
            return true;
        }

        // Of an application's part at another node the machines at home have names only.
        if (input.Spec.Services.Any(one => one.Name == dependency.Service) || input.Placement?.Others.Any(machine => machine.Service == dependency.Service) == true)
        {
            return true;
        }

        if (dependency.Required)
        {
            throw PlanError.Of($"service {service.Name} depends on {dependency.Service}, which the application does not have");
        }

        warnings.Add($"service {service.Name} would like {dependency.Service}, which the application does not have");
        return false;
    }

    /// <summary>The service's; what it leaves out is the image's.</summary>
    private static HealthCheckSpec? HealthCheck(ServiceSpec service, ImageFacts? image)
    {
        if (service.HealthCheck is not { } wanted)
        {
            return image?.HealthCheck is { Disable: false } ofImage ? ofImage : null;
        }

        if (wanted.Disable)
        {
            return null;
        }

        if (wanted.Test.Count > 0)
        {
            return wanted;
        }

        return image?.HealthCheck is { Disable: false } inherited ? wanted with { Test = inherited.Test, Shell = inherited.Shell } : null;
    }

    private List<KeyValuePair<string, string>> ExtraHosts(ServiceSpec service) =>
        [.. service.ExtraHosts.Select(pair => pair.Value == "host-gateway" ? new KeyValuePair<string, string>(pair.Key, NodeAddress(service)) : pair)];

    /// <summary>The node's end of the first uplink that leads out.</summary>
    private string NodeAddress(ServiceSpec service)
    {
        var way = service.Networks.Select(place => networks.First(network => network.Name == place.Network)).FirstOrDefault(network => !network.Internal);
        return way is null
            ? throw PlanError.Of($"service {service.Name}: host-gateway needs a network that is not internal")
            : Ipv4Range.Text(Ipv4Range.Parse(way.Uplink).First + 1);
    }

    /// <summary>Names of the application must be found whatever servers the file names: those come after the keeper's.</summary>
    private List<string> ResolvConf(ServiceSpec service)
    {
        if (service.Dns.Count == 0 && service.DnsSearch.Count == 0 && service.DnsOptions.Count == 0)
        {
            return [];
        }

        var lines = new List<string>();
        if (service.Networks.Count > 0 && service.NetworkMode != NetworkMode.None)
        {
            lines.Add($"nameserver {networks.First(network => network.Name == service.Networks.MaxBy(place => place.Priority)!.Network).Gateway}");
        }

        foreach (string server in service.Dns)
        {
            lines.Add(IPAddress.TryParse(server, out _) ? $"nameserver {server}" : throw PlanError.Of($"service {service.Name}: dns {server} is not an address"));
        }

        if (service.DnsSearch.Count > 0)
        {
            lines.Add("search " + string.Join(' ', service.DnsSearch));
        }

        if (service.DnsOptions.Count > 0)
        {
            lines.Add("options " + string.Join(' ', service.DnsOptions));
        }

        return lines.TrueForAll(line => !line.Contains('\n', StringComparison.Ordinal)) ? lines : throw PlanError.Of($"service {service.Name}: dns settings hold a line break");
    }

    /// <summary>Over what a running program would notice: neither the ports that lead to it nor when it starts, nor where the node keeps what it writes.</summary>
    internal static string Revision(MachineLaunch machine)
    {
        var noticed = machine with
        {
            Revision = string.Empty,
            Ports = [],
            Published = [],
            Start = StartMode.OnDemand,
            SettleMs = 0,
            StartTimeoutMs = 0,
            Idle = new IdleSpec(),
            Elastic = null,
            DependsOn = [],
            Restart = new RestartSpec(),
            Kind = string.Empty,
            AfterRestore = [],
            Root = machine.Root with { OverlayDirectory = string.Empty },
            Interfaces = [.. machine.Interfaces.Select(face => face with { Aliases = [] })],
        };
        return Digits(noticed);
    }

    /// <summary>The same over what all machines of the service have in common. What is on volumes is in no snapshot.</summary>
    private static string Kind(MachineLaunch machine, ProgramLaunch program) => $"{machine.Service}-{Revision(machine with
    {
        Name = string.Empty,
        Number = 0,
        Hostname = string.Empty,
        Program = program,
        Mounts = [.. machine.Mounts.Select(mount => mount.Kind == MountKind.Volume ? mount with { Source = null } : mount)],
        Interfaces = [.. machine.Interfaces.Select(face => new InterfaceLaunch { Network = face.Network, Address = string.Empty })],
    })}";

    private static string Digits(MachineLaunch machine) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(machine, LaunchJson.Default.MachineLaunch)))[..RevisionDigits];
}
