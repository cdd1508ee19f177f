using System.Net;
using Figment.Keeper.Fabric;
using Figment.Linux.Files;
using Figment.Model.Launch;

namespace Figment.Keeper.Lifecycle;

/// <summary>Networks that somebody else has made and pinned below <c>netns</c> in the runtime folder: nothing is made or removed here.</summary>
internal sealed class PinnedNamespaces(string runtimeDirectory) : IFabric
{
    private Dictionary<IPAddress, string> _machines = [];

    public void Apply(ApplicationLaunch launch) =>
        _machines = launch.Machines
            .SelectMany(machine => machine.Interfaces.Select(link => (Address: IPAddress.Parse(link.Address), machine.Name)))
            .ToDictionary(pair => pair.Address, pair => pair.Name);

    public Descriptor OpenMachine(string machine) => FileCalls.Open(Path.Combine(runtimeDirectory, "netns", machine), FileCalls.O_RDONLY);

    public string? MachineAt(IPAddress address) => _machines.GetValueOrDefault(address);

    public void Remove()
    {
    }

    public void Dispose()
    {
    }
}
