using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Addresses;
using Figment.Node.Journal;

namespace Figment.Node.Planning;

/// <summary>Gives machines their addresses. First what the file says, then what they had, then the lowest that are free.</summary>
internal sealed class AddressPlanning
{
    private readonly Dictionary<string, NetworkLaunch> _networks;
    private readonly Dictionary<(string Network, uint Address), string> _owners = [];
    private readonly Dictionary<(string Network, string Machine), uint> _addresses = [];

    private AddressPlanning(IReadOnlyList<NetworkLaunch> networks)
    {
        _networks = networks.ToDictionary(network => network.Name);
        foreach (var network in networks)
        {
            _owners[(network.Name, Ipv4Range.ParseAddress(network.Gateway))] = "the gateway";
        }
    }

    /// <param name="input">What was there.</param>
    /// <param name="networks">The application's.</param>
    /// <param name="machines">All machines of services, in order.</param>
    /// <param name="carried">Machines kept from the previous launch.</param>
    /// <param name="reserved">Services whose addresses are theirs already.</param>
    public static AddressPlanning Plan(
        PlanInput input,
        IReadOnlyList<NetworkLaunch> networks,
        IReadOnlyList<(ServiceSpec Service, string Machine)> machines,
        IReadOnlyList<MachineLaunch> carried,
        IReadOnlyList<ServiceLaunch> reserved)
    {
        var planning = new AddressPlanning(networks);
        foreach (var service in reserved)
        {
            foreach (var (network, address) in service.Addresses)
            {
                planning._owners[(network, Ipv4Range.ParseAddress(address))] = "service " + service.Name;
            }
        }

        foreach (var (service, machine) in machines)
        {
            foreach (var place in service.Networks.Where(place => place.Ipv4Address is not null))
            {
                planning.TakeExplicit(service, machine, place);
            }
        }

        foreach (var machine in carried)
        {
            foreach (var face in machine.Interfaces)
            {
                planning.Take(face.Network, machine.Name, Ipv4Range.ParseAddress(face.Address));
            }
        }

        foreach (var held in input.Held.Where(held => held.Kind == AllocationKind.Address))
        {
            planning.TakeHeld(held, machines);
        }

        foreach (var (service, machine) in machines)
        {
            foreach (var place in service.Networks.Where(place => !planning._addresses.ContainsKey((place.Network, machine))))
            {
                planning.TakeFree(place.Network, machine);
            }
        }

        return planning;
    }

    public uint Of(string network, string machine) => _addresses[(network, machine)];

    public IEnumerable<Allocation> Allocations() =>
        _addresses.OrderBy(pair => pair.Key).Select(pair => new Allocation(AllocationKind.Address, $"{pair.Key.Network}/{pair.Key.Machine}", Ipv4Range.Text(pair.Value)));

    private void TakeExplicit(ServiceSpec service, string machine, ServiceNetworkSpec place)
    {
        if (service.Replicas > 1)
        {
            throw PlanError.Of($"service {service.Name}: ipv4_address {place.Ipv4Address} cannot be given to {service.Replicas} machines", "remove ipv4_address, or set replicas to 1");
        }

        var range = Ipv4Range.Parse(Network(service, place).Subnet);
        if (!Ipv4Range.TryParseAddress(place.Ipv4Address, out uint address) || !range.Contains(address) || address == range.First || address == range.Last)
        {
            throw PlanError.Of($"service {service.Name}: ipv4_address {place.Ipv4Address} is not a host's address in {range}, the subnet of network {place.Network}", "give the network a subnet under ipam.config that holds it");
        }

        if (_owners.TryGetValue((place.Network, address), out string? owner))
        {
            throw PlanError.Of($"service {service.Name}: address {place.Ipv4Address} in network {place.Network} is already that of {owner}");
        }

        Take(place.Network, machine, address);
    }

    private NetworkLaunch Network(ServiceSpec service, ServiceNetworkSpec place) =>
        _networks.TryGetValue(place.Network, out var network) ? network : throw PlanError.Of($"service {service.Name}: there is no network {place.Network} in the application");

    private void TakeHeld(Allocation held, IReadOnlyList<(ServiceSpec Service, string Machine)> machines)
    {
        int slash = held.Key.IndexOf('/', StringComparison.Ordinal);
        string network = held.Key[..slash];
        string machine = held.Key[(slash + 1)..];
        if (_networks.TryGetValue(network, out var launch)
            && machines.Any(one => one.Machine == machine && one.Service.Networks.Any(place => place.Network == network))
            && !_addresses.ContainsKey((network, machine))
            && Ipv4Range.TryParseAddress(held.Value, out uint address)
            && Ipv4Range.Parse(launch.Subnet) is var range && range.Contains(address) && address != range.First && address != range.Last
            && !_owners.ContainsKey((network, address)))
        {
            Take(network, machine, address);
        }
    }

    private void TakeFree(string network, string machine)
    {
        if (!_networks.TryGetValue(network, out var launch))
        {
            throw PlanError.Of($"machine {machine}: there is no network {network} in the application");
        }

        var range = Ipv4Range.Parse(launch.Subnet);
        for (uint address = range.First + 1; address < range.Last; address++)
        {
            if (!_owners.ContainsKey((network, address)))
            {
                Take(network, machine, address);
                return;
            }
        }

        throw PlanError.Of($"network {network}: all {range.Size - 3} addresses for machines in {range} are used, none is left for {machine}", "give the network a larger subnet under ipam.config, or lower the number of replicas");
    }

    private void Take(string network, string machine, uint address)
    {
        _owners[(network, address)] = machine;
        _addresses[(network, machine)] = address;
    }
}
