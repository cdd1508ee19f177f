using System.Globalization;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Journal;

namespace Figment.Node.Planning;

/// <summary>Chooses the ports of the node that lead to machines.</summary>
internal sealed class PortPlanning
{
    /// <summary>Past the kernel's default range for outgoing connections (32768 to 60999), so that none of them takes the port first.</summary>
    public const int AutomaticFirst = 61_000;

    private readonly PlanInput _input;
    private readonly List<Allocation> _allocations;
    private readonly Dictionary<(PortSpec Port, string? HostIp), string> _taken = [];

    public PortPlanning(PlanInput input, List<Allocation> allocations, IEnumerable<MachineLaunch> carried)
    {
        _input = input;
        _allocations = allocations;
        foreach (var machine in carried)
        {
            foreach (var published in machine.Published)
            {
                _taken[(new PortSpec(published.HostPort, published.Protocol), published.HostIp)] = machine.Name;
            }
        }

        // Ports that the file names are nobody else's, whichever service comes first.
        foreach (var service in input.Spec.Services.Where(service => service.Replicas > 0))
        {
            foreach (var port in service.Ports.Where(port => port.Published != 0 && port.PublishedEnd == port.Published))
            {
                TakeNamed(service, port);
            }
        }
    }

    public IReadOnlyList<PublishedPort> Of(ServiceSpec service, string machine)
    {
        var published = new List<PublishedPort>();
        foreach (var (index, port) in service.Ports.Index())
        {
            int hostPort = port.Published != 0 && port.PublishedEnd == port.Published
                ? port.Published
                : Choose(service, machine, port, string.Create(CultureInfo.InvariantCulture, $"{machine}/{port.Target}/{Word(port.Protocol)}/{index}"));
            published.Add(new PublishedPort { HostIp = port.HostIp, HostPort = hostPort, Port = port.Target, Protocol = port.Protocol });
        }

        return published;
    }

    private static string Word(TransportProtocol protocol) => protocol == TransportProtocol.Tcp ? "tcp" : "udp";

    private void TakeNamed(ServiceSpec service, PublishedPortSpec port)
    {
        var spec = new PortSpec(port.Published, port.Protocol);
        if (Holder(spec, port.HostIp) is { } holder)
        {
            throw PlanError.Of($"service {service.Name}: port {spec} of the node is already published by {holder} of the same application");
        }

        _taken[(spec, port.HostIp)] = $"service {service.Name}";
    }

    private int Choose(ServiceSpec service, string machine, PublishedPortSpec port, string key)
    {
        int first = port.Published == 0 ? AutomaticFirst : port.Published;
        int last = port.Published == 0 ? ushort.MaxValue : port.PublishedEnd;
        if (_input.Held.FirstOrDefault(held => held.Kind == AllocationKind.Port && held.Key == key) is { } kept
            && int.TryParse(kept.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int had) && had >= first && had <= last
            && Holder(new PortSpec(had, port.Protocol), port.HostIp) is null)
        {
            return Take(had);
        }

        for (int candidate = first; candidate <= last; candidate++)
        {
            var spec = new PortSpec(candidate, port.Protocol);
            if (Holder(spec, port.HostIp) is null && !_input.Node.BusyPorts.Contains(spec))
            {
                return Take(candidate);
            }
        }

        throw PlanError.Of(
            $"service {service.Name}: no free port in {first}-{last}/{Word(port.Protocol)} is left for port {port.Target} of {machine}",
            "widen the range in the Compose file, or lower the number of replicas");

        int Take(int chosen)
        {
            _taken[(new PortSpec(chosen, port.Protocol), port.HostIp)] = machine;
            _allocations.Add(new Allocation(AllocationKind.Port, key, chosen.ToString(CultureInfo.InvariantCulture)));
            return chosen;
        }
    }

    /// <summary>Who has it: the same port on another address is another port, unless one of the two is on all addresses.</summary>
    private string? Holder(PortSpec port, string? hostIp)
    {
        foreach (var ((taken, takenIp), holder) in _taken)
        {
            if (taken == port && (IsAny(takenIp) || IsAny(hostIp) || takenIp == hostIp))
            {
                return holder;
            }
        }

        return null;
    }

    private static bool IsAny(string? hostIp) => hostIp is null or "" or "0.0.0.0" or "::";
}
