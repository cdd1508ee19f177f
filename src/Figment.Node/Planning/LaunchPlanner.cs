using System.Globalization;
using Figment.Api.Contract;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Addresses;
using Figment.Node.Journal;
using Figment.Node.Names;

namespace Figment.Node.Planning;

/// <summary>Makes of an application's description what its keeper works from. Pure.</summary>
public static class LaunchPlanner
{
    /// <summary>Machines of one application on one node: each is a network namespace, and status lines stay below the protocol's bound.</summary>
    public const int MachinesMax = 4_000;

    /// <exception cref="Errors.NodeException">The application cannot be made on this node as described.</exception>
    public static ApplicationPlan Plan(PlanInput input)
    {
        var spec = input.Spec;
        ObjectNames.CheckApplication(spec.Name);
        foreach (var service in spec.Services)
        {
            ObjectNames.CheckService(service.Name);
        }

        var warnings = new List<string>();
        var allocations = new List<Allocation>();
        var networks = NetworkPlanning.Plan(input, allocations);
        var machines = Machines(spec);
        bool isHome = input.Placement is null || input.Placement.Home == input.Options.NodeName;
        var carried = isHome ? Carried(input, networks, machines, warnings) : [];
        List<ServiceSpec> elastic = [.. spec.Services.Where(service => service is { Figment.Elastic: not null, Replicas: > 0 })];
        var addresses = AddressPlanning.Plan(input, networks, [.. machines.Select(machine => (machine.Service, machine.Name)), .. elastic.Select(service => (service, ServiceOwner(service.Name)))], carried, reserved: []);
        allocations.AddRange(addresses.Allocations());
        var ports = new PortPlanning(input, allocations, carried);
        var mounts = new MountPlanning(input);
        var planning = new MachinePlanning(input, networks, addresses, ports, mounts, warnings);
        List<MachineLaunch> launches = [.. machines.Select(machine => planning.Plan(machine.Service, machine.Name, machine.Number)), .. carried];
        var twice = launches.GroupBy(machine => machine.Name).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw PlanError.Of($"two machines would be named {twice.Key}", "rename a service");
        }

        if (!isHome)
        {
            var planned = launches.Select(machine => machine.Name).ToHashSet(StringComparer.Ordinal);
            launches.AddRange(input.Placement!.Others.Where(other => !planned.Contains(other.Name)));
        }

        var launch = new ApplicationLaunch
        {
            Application = spec.Name,
            Epoch = input.Epoch,
            RuntimeDirectory = input.Options.Places.ApplicationRuntime(spec.Name),
            StateDirectory = input.Options.Places.ApplicationState(spec.Name),
            BoxPath = input.Options.BoxPath,
            Tag = input.Tag,
            Networks = networks,
            Services = [.. elastic.Select(service => Service(service, addresses))],
            Machines = [.. launches.OrderBy(machine => machine.Service, StringComparer.Ordinal).ThenBy(machine => machine.Number)],
            UpstreamDns = input.Node.UpstreamDns,
        };
        return new ApplicationPlan
        {
            Launch = input.Placement?.Apply(launch, input.Options.NodeName) ?? launch,
            Allocations = allocations,
            Files = mounts.Files,

            // A machine that can move has no folder of its node.
            Folders = isHome ? mounts.Folders : [],
            Warnings = [.. warnings.Distinct()],
        };
    }

    /// <summary>One more machine of a service for one command.</summary>
    public static (MachineLaunch Machine, ApplicationPlan Plan) PlanOneOff(PlanInput input, ServiceSpec service, string name, int number, RunRequest request)
    {
        ObjectNames.CheckMachine(name);
        var previous = input.Previous ?? throw new InvalidOperationException("a one-off machine joins an application that is up");
        var allocations = input.Held.ToList();
        var single = service with { Replicas = 1, Ports = request.ServicePorts ? service.Ports : [], Networks = [.. service.Networks.Select(place => place with { Ipv4Address = null, Ipv6Address = null, MacAddress = null })] };
        var addresses = AddressPlanning.Plan(input, previous.Networks, [(single, name)], previous.Machines, previous.Services);
        allocations.AddRange(addresses.Allocations().Where(address => !allocations.Any(held => held.Kind == address.Kind && held.Key == address.Key)));
        var onlyThis = input with { Spec = input.Spec with { Services = [single] } };
        var mounts = new MountPlanning(onlyThis);
        var warnings = new List<string>();
        var ports = new PortPlanning(onlyThis, allocations, previous.Machines);
        var machine = new MachinePlanning(onlyThis, previous.Networks, addresses, ports, mounts, warnings).Plan(single, name, number) with
        {
            OneOff = !request.Keep,
            FromSnapshot = false,
            Elastic = null,
            AwaitsAttach = !request.Detach,
            Start = StartMode.OnDemand,
            Restart = new RestartSpec(),
        };
        var launch = previous with { Machines = [.. previous.Machines, machine] };
        return (machine, new ApplicationPlan { Launch = launch, Allocations = allocations, Files = mounts.Files, Folders = mounts.Folders, Warnings = warnings });
    }

    /// <summary>One more machine, which begins where another is: like that one in all that its program noticed, but for its name and addresses.</summary>
    public static ApplicationPlan PlanClone(PlanInput input, ServiceSpec service, MachineLaunch of, string name, int number)
    {
        var (planned, plan) = PlanOneOff(input, service, name, number, new RunRequest { Service = service.Name, Detach = true });
        string hostName = $"HOSTNAME={of.Hostname}";
        var clone = of with
        {
            Name = name,
            Number = number,
            Hostname = planned.Hostname,
            Interfaces = planned.Interfaces,
            Published = [],
            Start = StartMode.OnDemand,
            DependsOn = [],
            Restart = new RestartSpec(),
            Elastic = null,
            FromSnapshot = false,
            OneOff = true,
            AwaitsAttach = false,
            Program = of.Program with { Environment = [.. of.Program.Environment.Select(line => line == hostName ? $"HOSTNAME={planned.Hostname}" : line)] },
            Root = of.Root with { OverlayDirectory = planned.Root.OverlayDirectory },
        };
        clone = clone with { Revision = MachinePlanning.Revision(clone) };
        return plan with { Launch = plan.Launch with { Machines = [.. plan.Launch.Machines.Where(machine => machine.Name != name), clone] }, Files = [], Folders = [] };
    }

    /// <summary>Among the owners of addresses: no machine can have this name.</summary>
    private static string ServiceOwner(string service) => "=" + service;

    private static ServiceLaunch Service(ServiceSpec service, AddressPlanning addresses) => new()
    {
        Name = service.Name,
        Addresses = [.. service.Networks.Select(place => KeyValuePair.Create(place.Network, Ipv4Range.Text(addresses.Of(place.Network, ServiceOwner(service.Name)))))],
        Aliases = [.. service.Networks.SelectMany(place => place.Aliases.Select(alias => KeyValuePair.Create(place.Network, alias)))],
    };

    private static List<(ServiceSpec Service, string Name, int Number)> Expand(ApplicationSpec spec) =>
        [.. spec.Services.SelectMany(service => Enumerable.Range(1, service.Replicas).Select(number => (service, string.Create(CultureInfo.InvariantCulture, $"{service.Name}-{number}"), number)))];

    private static List<(ServiceSpec Service, string Name, int Number)> Machines(ApplicationSpec spec)
    {
        long count = spec.Services.Sum(service => (long)Math.Max(service.Replicas, 0));
        if (count > MachinesMax || spec.Services.Any(service => service.Replicas < 0))
        {
            throw PlanError.Of($"application {spec.Name} has {count} machines; 0 to {MachinesMax} are possible on one node");
        }

        var twice = spec.Services.GroupBy(service => service.Name).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw PlanError.Of($"two services are named {twice.Key}");
        }

        return Expand(spec);
    }

    /// <summary>Machines that go on although the files no longer name them: one-off ones, and orphans unless they are to go.</summary>
    private static List<MachineLaunch> Carried(PlanInput input, IReadOnlyList<NetworkLaunch> networks, List<(ServiceSpec Service, string Name, int Number)> machines, List<string> warnings)
    {
        var carried = new List<MachineLaunch>();
        var services = input.Spec.Services.Select(service => service.Name).ToHashSet();
        foreach (var machine in input.Previous?.Machines ?? [])
        {
            bool orphan = !services.Contains(machine.Service);
            if ((!orphan && !IsExtra(machine)) || (orphan && input.RemoveOrphans) || machines.Exists(one => one.Name == machine.Name))
            {
                continue;
            }

            if (!machine.Interfaces.All(face => Fits(face, networks)))
            {
                warnings.Add($"machine {machine.Name} is removed: a network of its own is no more");
                continue;
            }

            carried.Add(machine with { DependsOn = [.. machine.DependsOn.Where(dependency => services.Contains(dependency.Service))] });
            if (orphan)
            {
                warnings.Add($"machine {machine.Name} belongs to service {machine.Service}, which the files no longer have (--remove-orphans removes it)");
            }
        }

        return carried;
    }

    /// <summary>Made by <c>figment run</c> or <c>clone</c>, not one of the service's replicas.</summary>
    private static bool IsExtra(MachineLaunch machine) => machine.Name != string.Create(CultureInfo.InvariantCulture, $"{machine.Service}-{machine.Number}");

    private static bool Fits(InterfaceLaunch face, IReadOnlyList<NetworkLaunch> networks) =>
        networks.FirstOrDefault(network => network.Name == face.Network) is { } network
        && Ipv4Range.TryParseAddress(face.Address, out uint address) && Ipv4Range.Parse(network.Subnet).Contains(address);
}
