using System.Text.Json;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Keeper.Learning;

/// <summary>Ports and families seen, by service (<c>learnt.json</c> in the application's state folder), written anew at each change by renaming. The loop's thread.</summary>
internal sealed class LearntPorts
{
    /// <summary>A service serves a few ports; a port scan would otherwise hold a socket for each of 65,535.</summary>
    public const int PortsMax = 64;

    private readonly string _path;
    private readonly SortedDictionary<string, List<LearntPort>> _services;

    private LearntPorts(string path, SortedDictionary<string, List<LearntPort>> services)
    {
        _path = path;
        _services = services;
    }

    /// <summary>A missing file is an empty one; what cannot be read is told and left behind, for it can be learnt again.</summary>
    public static LearntPorts Open(string path, Action<string> log)
    {
        var services = new SortedDictionary<string, List<LearntPort>>(StringComparer.Ordinal);
        if (File.Exists(path))
        {
            try
            {
                var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), LearntJson.Default.LearntFile);
                foreach (var (service, ports) in file?.Services ?? new Dictionary<string, IReadOnlyList<LearntPort>>())
                {
                    services[service] = [.. ports.Take(PortsMax)];
                }
            }
            catch (JsonException exception)
            {
                log($"{path} is not what a keeper writes ({exception.Message}); ports will be learnt again");
            }
        }

        return new LearntPorts(path, services);
    }

    /// <summary>The ports of the file with their families as seen, then those that were learnt.</summary>
    public IReadOnlyList<KnownPort> Merge(string service, IReadOnlyList<KnownPort> known)
    {
        if (!_services.TryGetValue(service, out var learnt))
        {
            return known;
        }

        var merged = known.Select(port => learnt.Find(other => other.Port == port.Port && other.Protocol == port.Protocol) is { Family: not ListenFamily.Unknown } seen
            ? port with { Family = seen.Family }
            : port).ToList();
        merged.AddRange(learnt
            .Where(port => !known.Any(other => other.Port == port.Port && other.Protocol == port.Protocol))
            .Select(port => new KnownPort { Port = port.Port, Protocol = port.Protocol, Family = port.Family }));
        return merged;
    }

    /// <summary>A client wants it. False if the service has as many as are held.</summary>
    public bool Want(string service, int port, TransportProtocol protocol)
    {
        var ports = Of(service);
        if (ports.Exists(other => other.Port == port && other.Protocol == protocol))
        {
            return true;
        }

        if (ports.Count >= PortsMax)
        {
            return false;
        }

        ports.Add(new LearntPort { Port = port, Protocol = protocol });
        Write();
        return true;
    }

    /// <summary>A program listens on it. True if that is news.</summary>
    public bool Confirm(string service, int port, TransportProtocol protocol, ListenFamily family)
    {
        var ports = Of(service);
        var seen = new LearntPort { Port = port, Protocol = protocol, Family = family, Confirmed = true };
        int index = ports.FindIndex(other => other.Port == port && other.Protocol == protocol);
        if (index >= 0 && ports[index] == seen)
        {
            return false;
        }

        if (index >= 0)
        {
            ports[index] = seen;
        }
        else if (ports.Count < PortsMax)
        {
            ports.Add(seen);
        }
        else
        {
            return false;
        }

        Write();
        return true;
    }

    /// <summary>A program ran and did not take it: if it was only wanted it is forgotten. True if it was.</summary>
    public bool Forget(string service, int port, TransportProtocol protocol)
    {
        if (Of(service).RemoveAll(other => other.Port == port && other.Protocol == protocol && !other.Confirmed) == 0)
        {
            return false;
        }

        Write();
        return true;
    }

    /// <summary>A client wants it, but no program was seen to serve it yet.</summary>
    public bool IsGuess(string service, int port, TransportProtocol protocol) =>
        _services.TryGetValue(service, out var ports) && ports.Exists(other => other.Port == port && other.Protocol == protocol && !other.Confirmed);

    private List<LearntPort> Of(string service)
    {
        if (!_services.TryGetValue(service, out var ports))
        {
            _services[service] = ports = [];
        }

        return ports;
    }

    private void Write()
    {
        var file = new LearntFile { Services = _services.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<LearntPort>)pair.Value) };
        string temporary = _path + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(file, LearntJson.Default.LearntFile));
        File.Move(temporary, _path, overwrite: true);
    }
}
