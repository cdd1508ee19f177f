using Figment.Compose.Diagnostics;
using Figment.Compose.Schema;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>The merged document in, the model out. Resources that no active service uses are left out, as docker compose does.</summary>
internal sealed class ApplicationReader(ReadScope scope, IReadOnlySet<string> active)
{
    private DiagnosticSink Sink => scope.Project.Load.Sink;

    public ApplicationSpec Read(IReadOnlyList<string> files)
    {
        Report();
        List<ServiceSpec> services = [];
        foreach ((MappingEntry entry, Section section) in scope.TopLevel("services").Children())
        {
            if (!IsServiceName(entry.Key))
            {
                Sink.Error(entry.KeyPlace, "services", $"expected a service's name of letters, digits, '_', '.' and '-', at most 63, found {Quote.Text(entry.Key)}");
            }
            else if (active.Contains(entry.Key))
            {
                services.Add(new ServiceReader(scope, entry.Key, section).Read(active));
            }
        }

        CheckContainerNames(services);
        return new ApplicationSpec
        {
            Name = scope.Application,
            WorkingDirectory = scope.Project.Directory,
            Files = files,
            Services = [.. services.OrderBy(service => service.Name, StringComparer.Ordinal)],
            Networks = Networks(services),
            Volumes = Used("volumes", services.SelectMany(service => service.Mounts).Where(mount => mount is { Kind: MountKind.Volume, Source: not null }).Select(mount => mount.Source!), (key, section) => ResourceReader.Volume(scope, key, section)),
            Configs = Used("configs", services.SelectMany(service => service.Configs).Select(file => file.Source), (key, section) => ResourceReader.File(scope, key, section, secret: false)),
            Secrets = Used("secrets", services.SelectMany(service => service.Secrets).Select(file => file.Source), (key, section) => ResourceReader.File(scope, key, section, secret: true)),
        };
    }

    /// <summary>What is not acted on, in everything but services that do not take part.</summary>
    private void Report()
    {
        var check = new SupportCheck(Sink);
        foreach (MappingEntry entry in scope.Document.Entries)
        {
            if (entry.Key == "services" && entry.Value is MappingNode services)
            {
                foreach (MappingEntry service in services.Entries.Where(service => active.Contains(service.Key)))
                {
                    check.Check(service.Value, ServiceSchema.Shape, $"services.{service.Key}");
                }
            }
            else if (ComposeSchema.TopLevel.Find(entry.Key) is { } key)
            {
                check.CheckKey(entry, key, string.Empty);
            }
        }
    }

    private List<NetworkSpec> Networks(List<ServiceSpec> services)
    {
        IEnumerable<string> used = services.SelectMany(service => service.Networks).Select(network => network.Network);
        List<NetworkSpec> networks = Used("networks", used, NetworkReader.Read);
        bool needsDefault = services.SelectMany(service => service.Networks).Any(network => network.Network == ServiceNetworkReader.DefaultNetwork);
        if (needsDefault && !networks.Any(network => network.Name == ServiceNetworkReader.DefaultNetwork))
        {
            networks.Add(new NetworkSpec { Name = ServiceNetworkReader.DefaultNetwork });
        }

        return [.. networks.OrderBy(network => network.Name, StringComparer.Ordinal)];
    }

    private List<T> Used<T>(string section, IEnumerable<string> names, Func<string, Section, T> read)
    {
        HashSet<string> used = [.. names];
        return [.. scope.TopLevel(section).Children().Where(child => used.Contains(child.Entry.Key)).OrderBy(child => child.Entry.Key, StringComparer.Ordinal).Select(child => read(child.Entry.Key, child.Section))];
    }

    private void CheckContainerNames(List<ServiceSpec> services)
    {
        foreach (IGrouping<string, ServiceSpec> same in services.Where(service => service.ContainerName is not null).GroupBy(service => service.ContainerName!))
        {
            foreach (ServiceSpec service in same.Skip(1))
            {
                ScalarNode node = scope.TopLevel("services").Child(service.Name)!.Scalar("container_name")!;
                Sink.Error(node.Place, $"services.{service.Name}.container_name", $"the service {Quote.Text(same.First().Name)} has the name {Quote.Text(same.Key)} already");
            }
        }
    }

    /// <summary>A machine's name is the service's with a number; 63 is the longest label of DNS.</summary>
    private static bool IsServiceName(string name) =>
        name.Length is > 0 and <= 63 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-') && name is not ("." or "..");
}
