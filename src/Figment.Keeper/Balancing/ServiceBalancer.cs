using System.Net;
using Figment.Keeper.Boxes;
using Figment.Keeper.Fabric;
using Figment.Linux.Balancing;
using Figment.Linux.Errors;
using Figment.Model.Launch;

namespace Figment.Keeper.Balancing;

/// <summary>Where the addresses of elastic services lead, for the programs of the application itself. The loop's thread.</summary>
internal sealed class ServiceBalancer(MachineGroups groups) : IDisposable
{
    private readonly Dictionary<string, IReadOnlyList<string>> _led = new(StringComparer.Ordinal);
    private ConnectBalancer? _kernel;
    private Dictionary<IPAddress, (string Service, string Network)> _services = [];
    private Dictionary<(string Machine, string Network), IPAddress> _machines = [];

    /// <summary>The machines that an address leads to, if it is a service's.</summary>
    public IReadOnlyList<string> LedFrom(IPAddress address) => _services.TryGetValue(address, out var service) ? _led.GetValueOrDefault(service.Service) ?? [] : [];

    /// <exception cref="FabricException">This node cannot do it.</exception>
    public void Apply(ApplicationLaunch launch)
    {
        var before = _services;
        _services = launch.Services.SelectMany(service => service.Addresses.Select(address => (Address: IPAddress.Parse(address.Value), Place: (service.Name, address.Key)))).ToDictionary(one => one.Address, one => one.Place);
        _machines = launch.Machines.SelectMany(machine => machine.Interfaces.Select(face => (Place: (machine.Name, face.Network), Address: IPAddress.Parse(face.Address)))).ToDictionary(one => one.Place, one => one.Address);
        if (_services.Count > 0)
        {
            _kernel ??= Attach();
        }

        foreach (var address in before.Keys.Except(_services.Keys))
        {
            _kernel!.Remove(address);
        }

        foreach (string service in launch.Services.Select(service => service.Name))
        {
            Set(service);
        }
    }

    /// <summary>From the next connection on.</summary>
    public void Lead(string service, IReadOnlyList<string> machines)
    {
        _led[service] = machines;
        Set(service);
    }

    public void Dispose() => _kernel?.Dispose();

    private ConnectBalancer Attach()
    {
        const string Why = "elastic services have an address that the kernel leads to their machines";
        if (groups.UnifiedFolder is not { } folder)
        {
            throw new FabricException($"{Why}: that needs control groups of version 2; mount them (mount -t cgroup2 none /sys/fs/cgroup/unified), or take x-figment.elastic out");
        }

        try
        {
            return ConnectBalancer.Attach(folder);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw new FabricException($"{Why}: {exception.Message}; it needs Linux 5.12 or later with CONFIG_CGROUP_BPF", exception);
        }
    }

    private void Set(string service)
    {
        foreach (var (address, (_, network)) in _services.Where(one => one.Value.Service == service))
        {
            var targets = (_led.GetValueOrDefault(service) ?? []).Select(machine => _machines.GetValueOrDefault((machine, network))).OfType<IPAddress>();
            _kernel!.Set(address, [.. targets]);
        }
    }
}
