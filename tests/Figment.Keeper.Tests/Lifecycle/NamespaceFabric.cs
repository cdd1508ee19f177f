using System.Diagnostics;
using System.Net;
using Figment.Keeper.Fabric;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;
using Figment.Model.Launch;

namespace Figment.Keeper.Tests.Lifecycle;

/// <summary>A real network namespace for each machine; all machines' addresses are on each one's loopback, so that one can be the other's client without a bridge.</summary>
internal sealed class NamespaceFabric : IFabric
{
    private readonly Dictionary<string, Descriptor> _namespaces = [];
    private Dictionary<string, string> _addresses = [];

    public int Applied { get; private set; }

    public bool Removed { get; private set; }

    public void Apply(ApplicationLaunch launch)
    {
        Applied++;
        _addresses = launch.Machines.SelectMany(machine => machine.Interfaces.Select(link => (link.Address, machine.Name))).ToDictionary(pair => pair.Address, pair => pair.Name);
        foreach (var machine in launch.Machines.Where(machine => !_namespaces.ContainsKey(machine.Name)))
        {
            _namespaces[machine.Name] = NamespaceThread.RunInNew(NamespaceKind.Network, () =>
            {
                Ip("link set lo up");
                foreach (string address in _addresses.Keys)
                {
                    Ip($"address add {address}/32 dev lo");
                }

                return NamespaceThread.OpenOwn(NamespaceKind.Network);
            });
        }
    }

    public void HoldClients()
    {
    }

    public void ServeClients()
    {
    }

    public void Lead(string service, IReadOnlyList<string> machines)
    {
    }

    public Descriptor OpenMachine(string machine) =>
        _namespaces.TryGetValue(machine, out var found) ? FileCalls.Duplicate(found) : throw new FabricException($"{machine} has no namespace");

    public string? MachineAt(IPAddress address) => _addresses.GetValueOrDefault(address.ToString());

    public IPEndPoint OriginOf(IPEndPoint peer) => peer;

    public LinkTraffic TrafficOfAll { get; set; }

    public LinkTraffic Traffic(string machine) => TrafficOfAll;

    /// <summary>All machines are here.</summary>
    public MachinePlace PlaceOf(string machine) => MachinePlace.Here;

    public void Prepare(string machine)
    {
    }

    public void PlaceNew(string machine, string? node)
    {
    }

    public void Place(string machine, string? node, bool again = false)
    {
    }

    public void Unplug(string machine)
    {
    }

    public bool RemoveIdlePlugs() => false;

    public void Release(string machine)
    {
    }

    /// <summary>Runs in a machine's namespace.</summary>
    public T In<T>(string machine, Func<T> body) => NamespaceThread.Run(_namespaces[machine], NamespaceKind.Network, body);

    public void Remove() => Removed = true;

    public void Dispose()
    {
        foreach (var each in _namespaces.Values)
        {
            each.Dispose();
        }
    }

    /// <summary>A child of this thread is in this thread's namespace.</summary>
    private static void Ip(string arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string error = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        Assert.True(ip.ExitCode == 0, $"ip {arguments}: {error}");
    }
}
